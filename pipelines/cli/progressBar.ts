/** @file The bar that shows on a terminal how far a command is. */
import { SingleBar } from "cli-progress";
import type { Progress } from "./command.ts";
import { printable } from "./printable.ts";

/** Minutes and seconds, or hours and minutes, as far as they tell something. */
const timeText = (seconds: number): string => {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** The bar of cli-progress, whose clock keeps no process alive that has nothing left to wait for. */
class IdleBar extends SingleBar {
  declare timer: NodeJS.Timeout | null;

  override render(): void {
    super.render();
    this.timer?.unref();
  }
}

/** Updates that the time left is told from: the last ones, so that a slow start is forgotten. */
const etaBuffer = 200;

/** Draws progress over the last line that was drawn on a terminal; without progress it clears the line. */
export const progressBar = (stream: NodeJS.WriteStream): ((progress?: Progress) => void) => {
  const bar = new IdleBar({
    stream,
    format: "[{bar}] {text}{eta_formatted}",
    barsize: 16,
    barCompleteChar: "#",
    barIncompleteChar: ".",
    etaBuffer,
    // The time of the first few updates is that of starting, or not known yet.
    formatTime: (seconds) => (Number.isFinite(seconds) && seconds > 0 ? `  ${timeText(seconds)} left` : ""),
    clearOnComplete: true,
    // Lines are cut at the width of the terminal, without telling it to: a process that is killed leaves it as it was.
    linewrap: true,
  });
  return (progress) => {
    if (progress === undefined) return bar.stop();
    const payload = { text: printable(progress.text) };
    if (bar.isActive) bar.update(progress.share, payload);
    else bar.start(1, progress.share, payload);
  };
};
