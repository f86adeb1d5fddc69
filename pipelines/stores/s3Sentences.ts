/** @file Errors of an S3 service as messages. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { reasonOf } from "../files/fileErrors.ts";

/** Facts about an error of the client. */
interface Refusal {
  /** Name that the service or the client gives it. */
  readonly name: string;
  /** Code of the operating system, such as `ECONNREFUSED`. */
  readonly code: string | undefined;
  /** Status of the response, if there was one. */
  readonly status: number | undefined;
  /** How often the request was sent. */
  readonly attempts: number;
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Facts about an error of the client. */
export const refusalOf = (error: unknown): Refusal => {
  const fields: Readonly<Record<string, unknown>> = { ...(error instanceof Error && { ...error }) };
  const metadata = Object(fields.$metadata) as Readonly<Record<string, unknown>>;
  return {
    name: error instanceof Error ? error.name : "",
    code: textOf(fields.code),
    status: numberOf(metadata.httpStatusCode),
    attempts: numberOf(metadata.attempts) ?? 1,
  };
};

type Sentence = readonly [found: string, expected: string, hint: string];

const credentials =
  "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, to credentials with that access";

const byName: Readonly<Record<string, Sentence>> = {
  NoSuchBucket: ["no such bucket", "an existing bucket", "create it, or check its name and AWS_ENDPOINT_URL"],
  CredentialsProviderError: [
    "no credentials",
    "credentials that may read and write there",
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
  ],
  AccessDenied: ["access denied", "the right to list, read and write there", credentials],
  InvalidAccessKeyId: ["an access key that the service does not know", "a valid access key", credentials],
  SignatureDoesNotMatch: [
    "a secret that does not match its access key",
    "the secret of the key",
    credentials,
  ],
  ExpiredToken: ["credentials that have expired", "new ones", credentials],
  RequestTimeTooSkewed: [
    "a clock that differs by more than the service allows",
    "clocks that agree within minutes",
    "set the clock of this machine",
  ],
  PermanentRedirect: ["a bucket of another region", "the region of the bucket", "set AWS_REGION to it"],
  NotImplemented: [
    "a service without conditional writes (If-None-Match)",
    "one that has them, such as AWS or a recent MinIO or Ceph",
    "update it, or use a shared directory",
  ],
};

const byCode: Readonly<Record<string, Sentence>> = {
  ENOTFOUND: ["no such host", "the address of a service", "check AWS_ENDPOINT_URL and the network"],
  EAI_AGAIN: [
    "a host name that cannot be resolved at the moment",
    "the address of a service",
    "check the network",
  ],
  ECONNREFUSED: ["connection refused", "a running service", "start it, or check AWS_ENDPOINT_URL"],
};

/** Message for a status, if the error has no known name. */
const byStatus: Readonly<Record<number, Sentence | undefined>> = {
  301: byName.PermanentRedirect,
  403: byName.AccessDenied,
  501: byName.NotImplemented,
  507: ["no space left", "a service with space", "free space, or use another one"],
};

/**
 * An error of the client as a failure.
 *
 * @param place the place as it was given, `s3://BUCKET/PREFIX`
 */
export const refusedBy = (place: string, error: unknown): RangeflowFailure => {
  if (error instanceof RangeflowFailure) return error;
  const { name, code, status } = refusalOf(error);
  if (error instanceof Error && /region is missing/i.test(error.message))
    return new RangeflowFailure(problem(place, "no region", "the region of the bucket", "set AWS_REGION"));
  const sentence = byName[name] ?? byCode[code ?? ""] ?? byStatus[status ?? 0];
  if (sentence !== undefined) return new RangeflowFailure(problem(place, ...sentence));
  const said = status === undefined ? reasonOf(error) : `${reasonOf(error)}, status ${status}`;
  return new RangeflowFailure(
    problem(
      place,
      `an error of its service (${said})`,
      "a successful answer",
      "try again, or ask its operator",
    ),
  );
};

/** Failure for a service that overwrites an object where it must not. */
export const ignoresConditions = (place: string): RangeflowFailure =>
  new RangeflowFailure(problem(place, ...(byName.NotImplemented as Sentence)));
