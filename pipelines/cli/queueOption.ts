import type { OwnOption } from "./args.ts";

export const queueOption: OwnOption = {
  name: "queue",
  kind: "text",
  value: "URL",
  help: "Redis or Valkey server that distributes runs to workers on any number of machines, such as redis://localhost; needs the packages bullmq and ioredis",
};
