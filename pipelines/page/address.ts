/** @file Addresses of sites within the page, such as `#site=conv1/gradient`, for links, bookmarks and the browser's history. */
import { siteAddress } from "../views/siteWarnings.ts";

/** The site in an address; undefined for other addresses. */
export const siteIn = (hash: string): string | undefined =>
  new URLSearchParams(hash.replace(/^#/, "")).get("site") ?? undefined;

/** Navigates to a site, as a link does. */
export const goToSite = (site: string): void => {
  location.hash = siteAddress(site);
};
