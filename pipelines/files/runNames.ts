/** Names of the files and directories of a run. */
export const runNames = {
  checkpoint: "checkpoint.safetensors",
  code: "code",
  done: "done.json",
  learningLog: "events.jsonl",
  detections: "detections.json",
  importInfo: "import.json",
  lock: "lock.json",
  ranges: "ranges",
} as const;

/** Name of the file with the plan of a study, in the study's directory. */
export const studyFileName = "study.json";

/** Name of the table of a study's runs, in the study's directory. */
export const runsCsvName = "runs.csv";
