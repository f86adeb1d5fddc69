import type { OwnOption } from "./args.ts";

export const queueOption: OwnOption = {
  name: "queue",
  kind: "text",
  value: "URL",
  help: "Redis or Valkey through which runs go to the workers of many machines, such as redis://localhost; needs the packages bullmq and ioredis",
};
