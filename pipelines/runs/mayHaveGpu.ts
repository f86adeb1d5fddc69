import { existsSync } from "node:fs";

/** Files that the drivers of a hardware GPU put under /dev: Linux's own, NVIDIA's, and that of Windows below Linux. */
const devices = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"];

/** False where there is certainly no hardware GPU, so that no driver needs to be woken up, with all that it prints. */
export const mayHaveGpu = (): boolean => process.platform !== "linux" || devices.some(existsSync);
