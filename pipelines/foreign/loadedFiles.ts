const files = new Set<string>();

/** Notes a user file that this process executes. */
export const noteLoaded = (path: string): void => {
  files.add(path);
};

/** User files that this process has executed. */
export const loadedFiles = (): readonly string[] => [...files];
