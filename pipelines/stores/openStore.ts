import { directoryStore } from "./directoryStore.ts";
import type { Store } from "./store.ts";

/** The store of a place: the path of a directory. */
export const openStore = async (place: string): Promise<Store> => directoryStore(place);
