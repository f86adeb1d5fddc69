/** @file Addresses of sites within the page, such as `#site=conv1/gradient`: links, bookmarks and the way back of the browser. */
import { siteAddress } from "../views/siteWarnings.ts";

/** The site that an address names; undefined where it is that of something else. */
export const siteIn = (hash: string): string | undefined =>
  new URLSearchParams(hash.replace(/^#/, "")).get("site") ?? undefined;

/** Goes to a site, as a link to it does. */
export const goToSite = (site: string): void => {
  location.hash = siteAddress(site);
};
