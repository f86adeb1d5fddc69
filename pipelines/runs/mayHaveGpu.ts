import { existsSync } from "node:fs";

/** Device files of hardware GPU drivers: Linux's own, NVIDIA's, and that of the Windows Subsystem for Linux. */
const devices = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"];

/** False if there is certainly no hardware GPU. Loading a driver in vain takes time and prints messages. */
export const mayHaveGpu = (): boolean => process.platform !== "linux" || devices.some(existsSync);
