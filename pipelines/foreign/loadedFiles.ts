const files = new Set<string>();

/** Notes a file of a user's own that this process executes. */
export const noteLoaded = (path: string): void => {
  files.add(path);
};

/** Files of a user's own that this process has executed. */
export const loadedFiles = (): readonly string[] => [...files];
