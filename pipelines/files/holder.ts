/** @file Holder of a lock: a process, unique over machines, containers and time. */
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import * as t from "io-ts";

const HolderCodec = t.type({
  host: t.string,
  /** Identifier of the kernel's last boot, shared by all containers of a machine. Empty if the system does not provide it. */
  boot: t.string,
  /** Namespace in which `pid` is valid. Empty if the system has none. */
  pidNamespace: t.string,
  pid: t.number,
  /** Start time of the process in kernel ticks. Empty if the system does not provide it. */
  started: t.string,
  /** Random number of this lock. */
  token: t.string,
});

export type Holder = Readonly<t.TypeOf<typeof HolderCodec>>;

/** The holder in a file's content; undefined if it is invalid. */
export const holderIn = (value: unknown): Holder | undefined =>
  HolderCodec.is(value) && /^[0-9a-f]{16}$/.test(value.token) && Number.isInteger(value.pid) && value.pid > 0
    ? value
    : undefined;

const orEmpty = (read: () => string): string => {
  try {
    return read();
  } catch {
    return "";
  }
};

const bootNow = (): string => orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim());
const namespaceNow = (): string => orEmpty(() => readlinkSync("/proc/self/ns/pid"));

/** State and start time of a process of this namespace, from `/proc/PID/stat` behind its name; empty without it. */
const processStat = (pid: number): { readonly state: string; readonly started: string } => {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", started: fields[19] ?? "" };
};

/** This process, as the holder of a new lock. */
export const newHolder = (): Holder => ({
  host: hostname(),
  boot: bootNow(),
  pidNamespace: namespaceNow(),
  pid: process.pid,
  started: processStat(process.pid).started,
  token: randomBytes(8).toString("hex"),
});

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
};

const dead = new Set(["Z", "X", "x"]);

/**
 * Whether a holder is alive; undefined if this process cannot tell: it is on another host, in another container, or from before the last
 * boot.
 */
export const isAlive = ({ host, boot, pidNamespace, pid, started }: Holder): boolean | undefined => {
  if (host !== hostname() || boot !== bootNow() || pidNamespace !== namespaceNow()) return undefined;
  if (!isThere(pid)) return false;
  const now = processStat(pid);
  if (now.started === "" || started === "") return undefined;
  return now.started === started && !dead.has(now.state);
};

/** A holder as text. */
export const holderText = ({ host, pid, pidNamespace }: Holder): string => {
  const elsewhere =
    host !== hostname() ? ` on ${host}` : pidNamespace !== namespaceNow() ? " of another container" : "";
  return `process ${pid}${elsewhere}`;
};
