/** @file The progress bar of a command on a terminal. */
import { SingleBar } from "cli-progress";
import type { Progress } from "./command.ts";
import { printable } from "./printable.ts";

/** A time in seconds below a minute, in minutes below an hour, else in hours and minutes. */
const timeText = (seconds: number): string => {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** The bar of cli-progress, with a timer that does not keep the process alive. */
class IdleBar extends SingleBar {
  declare timer: NodeJS.Timeout | null;

  override render(): void {
    super.render();
    this.timer?.unref();
  }
}

/** Number of last updates that the remaining time is estimated from, so that a slow start is forgotten. */
const etaBuffer = 200;

/** Draws progress in place of the last line on a terminal; without progress it clears the line. */
export const progressBar = (stream: NodeJS.WriteStream): ((progress?: Progress) => void) => {
  const bar = new IdleBar({
    stream,
    format: "[{bar}] {text}{eta_formatted}",
    barsize: 16,
    barCompleteChar: "#",
    barIncompleteChar: ".",
    etaBuffer,
    // After the first few updates the remaining time is unknown or that of starting.
    formatTime: (seconds) => (Number.isFinite(seconds) && seconds > 0 ? `  ${timeText(seconds)} left` : ""),
    clearOnComplete: true,
    // cli-progress cuts lines by itself; it does not switch off wrapping in the terminal, which a killed process would leave off.
    linewrap: true,
  });
  return (progress) => {
    if (progress === undefined) return bar.stop();
    const payload = { text: printable(progress.text) };
    if (bar.isActive) bar.update(progress.share, payload);
    else bar.start(1, progress.share, payload);
  };
};
