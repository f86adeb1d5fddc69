/** Names of what a run keeps in its directory. */
export const runNames = {
  checkpoint: "checkpoint.safetensors",
  done: "done.json",
  learningLog: "events.jsonl",
  detections: "detections.json",
  importInfo: "import.json",
  lock: "lock.json",
  ranges: "ranges",
} as const;

/** Name of the file in the directory of a study that says what was planned there. */
export const studyFileName = "study.json";
