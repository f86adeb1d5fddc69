/** @file Who holds a lock: a process, told apart from every other one of any machine, container or time. */
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import * as t from "io-ts";

const HolderCodec = t.type({
  host: t.string,
  /** Identifier of the kernel's last start; all containers of a machine share it. Empty where the system does not tell. */
  boot: t.string,
  /** The namespace in which `pid` means something; empty where the system has none. */
  pidNamespace: t.string,
  pid: t.number,
  /** Start of the process, in the kernel's ticks; empty where the system does not tell. */
  started: t.string,
  /** Random number of this very lock. */
  token: t.string,
});

export type Holder = Readonly<t.TypeOf<typeof HolderCodec>>;

/** The holder that a value from a file names; undefined if it names none. */
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

/** State and start of a process of this namespace, as `/proc/PID/stat` tells them behind its name; empty without it. */
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
 * Whether a holder lives; undefined where this process cannot see it: on another host, in another container, before the machine
 * was started again.
 */
export const isAlive = ({ host, boot, pidNamespace, pid, started }: Holder): boolean | undefined => {
  if (host !== hostname() || boot !== bootNow() || pidNamespace !== namespaceNow()) return undefined;
  if (!isThere(pid)) return false;
  const now = processStat(pid);
  if (now.started === "" || started === "") return undefined;
  return now.started === started && !dead.has(now.state);
};

/** A holder, for a sentence. */
export const holderText = ({ host, pid, pidNamespace }: Holder): string => {
  const elsewhere =
    host !== hostname() ? ` on ${host}` : pidNamespace !== namespaceNow() ? " of another container" : "";
  return `process ${pid}${elsewhere}`;
};
