/**
 * @file Objects of an S3 service, through the optional package `@aws-sdk/client-s3`, which is loaded only for places that begin with
 *   `s3://`. It reads address, region and credentials from the environment and its configuration files.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { fewAtATime, type ObjectStore } from "./objectStore.ts";
import { refusalOf, refusedBy } from "./s3Sentences.ts";

type Sdk = typeof import("@aws-sdk/client-s3");

/** A bucket, and the prefix of keys in it. */
export interface S3Place {
  readonly bucket: string;
  /** Ends with `/`, unless it is empty. */
  readonly prefix: string;
}

/** Whether a place is one of an S3 service. */
export const isS3Place = (place: string): boolean => place.startsWith("s3://");

/**
 * The parts of `s3://BUCKET/PREFIX`.
 *
 * @throws `RangeflowFailure` if the bucket is missing, or a part is invalid as a key
 */
export const s3PlaceOf = (place: string): S3Place => {
  const [bucket = "", ...parts] = place.slice("s3://".length).replace(/\/+$/, "").split("/");
  const isWrong = parts.some((part) => !/^[\w=,+.-]+$/.test(part) || /^\.+$/.test(part));
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || isWrong)
    throw new RangeflowFailure(
      problem("store", `"${place}"`, "s3://BUCKET/PREFIX, of letters, digits and =,+.-_", "check its name"),
    );
  return { bucket, prefix: parts.map((part) => `${part}/`).join("") };
};

const loaded = async (load: () => Promise<Sdk>): Promise<Sdk> => {
  try {
    return await load();
  } catch (error) {
    throw new RangeflowFailure(
      problem(
        "s3://",
        `no package @aws-sdk/client-s3 to reach it with (${reasonOf(error)})`,
        "the package installed beside rangeflow",
        "npm install @aws-sdk/client-s3",
      ),
    );
  }
};

/** Address of the service, if the environment sets one. */
export const endpointIn = (environment: NodeJS.ProcessEnv): string | undefined =>
  environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || undefined;

const clientOf = ({ S3Client }: Sdk, environment: NodeJS.ProcessEnv): S3Client => {
  const endpoint = endpointIn(environment);
  const isOther = endpoint !== undefined && !/\.amazonaws\.com(\.cn)?(:\d+)?\/?$/.test(endpoint);
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || "us-east-1";
  return new S3Client({
    // Objects have checksums of Rangeflow's own. Not every service supports those that the client would add.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
    // Services other than AWS have no host per bucket, and most have no regions.
    ...(isOther && { forcePathStyle: true, region }),
  });
};

const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && Buffer.compare(a, b) === 0;

/** Conflicts occur when several processes write a key at once. A retry shows which of them has won. */
const mostConflicts = 10;

/**
 * Objects below a place of an S3 service.
 *
 * @param place `s3://BUCKET/PREFIX`
 * @param load loads the package
 * @returns rejects with `RangeflowFailure` if the place is invalid, or the package is missing
 */
export const s3Objects = async (
  place: string,
  load: () => Promise<Sdk> = () => import("@aws-sdk/client-s3"),
): Promise<ObjectStore> => {
  const { bucket: Bucket, prefix } = s3PlaceOf(place);
  const sdk = await loaded(load);
  const client = clientOf(sdk, process.env);
  const at = (key: string) => ({ Bucket, Key: `${prefix}${key}` });

  const refusable = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw refusedBy(place, error);
    }
  };

  const get = (key: string): Promise<Uint8Array | undefined> =>
    refusable(async () => {
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand(at(key)));
        return Body && (await Body.transformToByteArray());
      } catch (error) {
        if (refusalOf(error).name === "NoSuchKey") return undefined;
        throw error;
      }
    });

  const putNew = (key: string, Body: Uint8Array): Promise<boolean> =>
    refusable(async () => {
      for (let conflicts = 0; ; conflicts++)
        try {
          await client.send(new sdk.PutObjectCommand({ ...at(key), Body, IfNoneMatch: "*" }));
          return true;
        } catch (error) {
          const { status, attempts } = refusalOf(error);
          // If the request was repeated because its answer was lost, the existing object may be our own.
          if (status === 412) return (attempts > 1 || conflicts > 0) && isSame(await get(key), Body);
          if (status !== 409 || conflicts === mostConflicts) throw error;
        }
    });

  const list = (start: string): Promise<readonly string[]> =>
    refusable(async () => {
      const keys: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            ...{ Bucket, Prefix: `${prefix}${start}` },
            ...(ContinuationToken !== undefined && { ContinuationToken }),
          }),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key.slice(prefix.length));
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
      return keys;
    });

  return {
    place: place.replace(/\/+$/, ""),
    get,
    put: (key, Body) =>
      refusable(async () => void (await client.send(new sdk.PutObjectCommand({ ...at(key), Body })))),
    putNew,
    list,
    remove: (keys) =>
      refusable(
        async () => void (await fewAtATime(keys, (key) => client.send(new sdk.DeleteObjectCommand(at(key))))),
      ),
  };
};
