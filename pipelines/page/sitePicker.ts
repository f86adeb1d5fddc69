/** @file Navigation between sites: previous, next, and a searchable list by layer and role. */
import { roles } from "../../core/signal.ts";
import type { SiteView } from "../views/runView.ts";
import { siteAddress } from "../views/siteWarnings.ts";
import { goToSite } from "./address.ts";
import { element } from "./element.ts";

/** A layer and its sites. */
export interface SiteLayer {
  readonly layer: string;
  readonly sites: readonly SiteView[];
}

const layerOf = (site: string): string => site.slice(0, Math.max(0, site.lastIndexOf("/"))) || site;
const leafOf = (site: string): string => site.slice(site.lastIndexOf("/") + 1);

/** Sites by layer, in the order of layers. */
const sitesByLayer = (sites: readonly SiteView[]): readonly SiteLayer[] => {
  const layers = new Map<string, SiteView[]>();
  for (const site of sites) {
    const layer = layerOf(site.site);
    layers.set(layer, [...(layers.get(layer) ?? []), site]);
  }
  return [...layers].map(([layer, sites]) => ({ layer, sites }));
};

/** Whether a site matches a search: every word is part of its path or the start of its role. */
const isSought = ({ site, role }: Pick<SiteView, "site" | "role">, text: string): boolean =>
  text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => site.toLowerCase().includes(word) || role.startsWith(word));

const linkTo = ({ site }: SiteView, isShown: boolean): HTMLElement =>
  element("a", { href: siteAddress(site), ...(isShown && { "aria-current": "true" }) }, leafOf(site));

/** Search text, kept when the page is redrawn. */
let sought = "";

const list = (sites: readonly SiteView[], shown: SiteView): HTMLElement => {
  const rows = sitesByLayer(sites).map(({ layer, sites }) => {
    const links = sites.map((site) => ({ site, link: linkTo(site, site === shown) }));
    const cells = roles.map((role) =>
      element("td", {}, ...links.filter(({ site }) => site.role === role).map(({ link }) => link)),
    );
    return { links, row: element("tr", {}, element("th", { scope: "row" }, layer), ...cells) };
  });
  const nothing = element("p", { class: "about" }, "No site of that name.");
  const search = element("input", {
    type: "search",
    placeholder: "layer, name or role",
    "aria-label": "Search for a site",
  });
  search.value = sought;
  const filter = (): void => {
    sought = search.value;
    for (const { links, row } of rows) {
      for (const { site, link } of links) link.hidden = !isSought(site, sought.trim());
      row.hidden = links.every(({ link }) => link.hidden);
    }
    nothing.hidden = rows.some(({ row }) => !row.hidden);
  };
  search.addEventListener("input", filter);
  search.addEventListener("keydown", ({ key }) => {
    const first = sites.find((site) => isSought(site, sought.trim()));
    if (key === "Enter" && first) goToSite(first.site);
  });
  filter();
  return element(
    "div",
    {},
    search,
    nothing,
    element(
      "div",
      { class: "scrolled" },
      element(
        "table",
        { class: "sites" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ...["layer", ...roles.map((role) => `${role}s`)].map((head) =>
              element("th", { scope: "col" }, head),
            ),
          ),
        ),
        element("tbody", {}, ...rows.map(({ row }) => row)),
      ),
    ),
  );
};

/** The site `places` after another one, cyclically. */
const behind = (sites: readonly SiteView[], shown: SiteView, places: number): SiteView =>
  sites[(sites.indexOf(shown) + places + sites.length) % sites.length]!;

/**
 * Keys for the next and the previous site, unless a field has the focus.
 *
 * @param now returns the sites and the one that is shown
 */
export const followSiteKeys = (
  now: () => { readonly sites: readonly SiteView[]; readonly shown: SiteView | undefined },
): void =>
  addEventListener("keydown", ({ key, target, ctrlKey, altKey, metaKey }) => {
    const places = key === "j" ? 1 : key === "k" ? -1 : 0;
    const isField = target instanceof Element && target.matches("input:not([type=radio]), select, textarea");
    const { sites, shown } = now();
    if (places !== 0 && shown && !isField && !ctrlKey && !altKey && !metaKey)
      goToSite(behind(sites, shown, places).site);
  });

/** Links to the neighbours of a site, and the list of all. */
export const sitePicker = (sites: readonly SiteView[], shown: SiteView): HTMLElement => {
  const step = (places: number, text: string, key: string): HTMLElement =>
    element(
      "a",
      { href: siteAddress(behind(sites, shown, places).site), title: `key ${key}`, "aria-keyshortcuts": key },
      text,
    );
  const details = element(
    "details",
    {},
    element("summary", {}, `site ${sites.indexOf(shown) + 1} of ${sites.length}: all by layer and role`),
    list(sites, shown),
  );
  return element(
    "div",
    { class: "site-picker" },
    step(-1, "\u2039 previous", "k"),
    step(1, "next \u203a", "j"),
    details,
  );
};
