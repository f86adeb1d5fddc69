/** @file Names that training scripts of PyTorch often give to options. */

/** Names of options here, by the usual other name. */
export const otherNames: Readonly<Record<string, string>> = {
  "--arch": "--model",
  "--batch-size": "--batch",
  "--bs": "--batch",
  "--data-path": "--data-dir",
  "--dataset": "--data",
  "--device": "--engine",
  "--learning-rate": "--lr",
  "--lr-scheduler": "--schedule",
  "--max-epochs": "--epochs",
  "--num-epochs": "--epochs",
  "--num-workers": "--threads",
  "--output-dir": "--out",
  "--workers": "--threads",
};
