/** @file Objects of an S3 service: what is asked of the client, and its refusals as sentences. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mirrorOf } from "../../../pipelines/stores/mirror.ts";
import { bytesOf, textIn } from "../../../pipelines/stores/objectStore.ts";
import { openStore } from "../../../pipelines/stores/openStore.ts";
import { s3Objects, s3PlaceOf } from "../../../pipelines/stores/s3Objects.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { type SmallS3, smallS3 } from "./smallS3.ts";
import { run } from "./storeLaws.ts";

const test = suite("objects of an S3 service");
const place = "s3://bucket/a/study";

let service: SmallS3;
test.before(async () => {
  process.env.RANGEFLOW_CACHE = scratch();
  service = await smallS3();
});
test.after(() => service.stop());
test.before.each(() => {
  service.trouble = () => undefined;
  service.objects.all.clear();
});

/** Environment as it is, but for some variables, while something is done. */
const within = async <T>(changes: NodeJS.ProcessEnv, act: () => Promise<T>): Promise<T> => {
  const before = { ...process.env };
  Object.assign(process.env, changes);
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete process.env[name];
  try {
    return await act();
  } finally {
    for (const name of Object.keys(changes)) delete process.env[name];
    Object.assign(process.env, before);
  }
};

test("objects lie below the prefix, and lists have all pages", async () => {
  const objects = await s3Objects(`${place}/`);
  assert.is(objects.place, place);
  for (let i = 0; i < 8; i++) await objects.put(`few/${i}`, bytesOf(String(i)));
  assert.equal(
    await objects.list("few/"),
    Array.from({ length: 8 }, (_, i) => `few/${i}`),
  );
  assert.equal([...service.objects.all.keys()][0], "a/study/few/0");
  assert.is(await textIn(objects, "few/7"), "7");
  assert.is(await objects.get("few/8"), undefined);
  await objects.remove(["few/1", "few/2", "few/none"]);
  assert.is((await objects.list("")).length, 6);
  assert.equal(await objects.putNew("few/7", bytesOf("")), false);
  assert.equal(await objects.putNew("few/8", bytesOf("")), true);
});

test("an object whose answer was lost is known as one's own, and that of another as another's", async () => {
  const objects = await s3Objects(place);
  let puts = 0;
  service.trouble = (method) => (method === "PUT" && puts++ === 0 ? "lost" : undefined);
  assert.is(await objects.putNew("mine", bytesOf("mine")), true);
  assert.is(puts, 2);
  puts = 0;
  assert.is(await objects.putNew("mine", bytesOf("theirs")), false);
  assert.is(puts, 2);
});

test("a conflict of two that write at once is asked again", async () => {
  const objects = await s3Objects(place);
  let puts = 0;
  service.trouble = (method) =>
    method === "PUT" && puts++ < 2 ? { status: 409, name: "ConditionalRequestConflict" } : undefined;
  assert.is(await objects.putNew("key", bytesOf("")), true);
  assert.is(puts, 3);
});

const refusals: readonly (readonly [status: number, name: string, sentence: RegExp])[] = [
  [404, "NoSuchBucket", /: no such bucket, expected an existing bucket; create it, or check its name/],
  [403, "AccessDenied", /: access denied, expected the right to list, read and write there/],
  [403, "InvalidAccessKeyId", /: an access key that the service does not know, /],
  [403, "SignatureDoesNotMatch", /: a secret that does not match its access key, /],
  [403, "RequestTimeTooSkewed", /: a clock that differs by more than the service allows, /],
  [400, "ExpiredToken", /: credentials that have expired, expected new ones/],
  [
    301,
    "PermanentRedirect",
    /: a bucket of another region, expected the region of the bucket; set AWS_REGION/,
  ],
  [507, "QuotaExceeded", /: no space left, expected a service with space/],
  [
    400,
    "InvalidRequest",
    /: an error of its service \(InvalidRequest, status 400\), expected a successful answer/,
  ],
];

for (const [status, name, sentence] of refusals)
  test(`${name} is one sentence, whatever is asked`, async () => {
    service.trouble = () => ({ status, name });
    const store = await openStore(place);
    for (const asked of [
      () => store.begin(run),
      () => store.committed(),
      () => store.documents.write("jobs", "a", ""),
      () => store.documents.writeNew("jobs", "a", ""),
      () => store.documents.read("jobs", "a"),
      () => store.documents.remove("jobs", "a"),
    ]) {
      const said = await failureOf(asked());
      assert.match(said, sentence);
      assert.ok(said.startsWith(`${place}: `) && !said.includes("secret that no"), said);
    }
  });

test("a service that does not know the condition is refused", async () => {
  service.trouble = (method) => (method === "PUT" ? { status: 501, name: "NotImplemented" } : undefined);
  assert.match(
    await failureOf((await openStore(place)).begin(run)),
    /: a service without conditional writes \(If-None-Match\), expected one that has them/,
  );
});

test("no service, no host and no credentials are sentences", async () => {
  const asked = async (): Promise<string> => failureOf((await openStore(place)).committed());
  assert.match(
    await within({ AWS_ENDPOINT_URL: "http://127.0.0.1:9" }, asked),
    /: connection refused, expected a running service; start it, or check AWS_ENDPOINT_URL/,
  );
  assert.match(
    await within({ AWS_ENDPOINT_URL: "http://no-such-host.invalid" }, asked),
    /: (no such host|a host name that cannot be resolved at the moment), expected the address of a service/,
  );
  const nobody = {
    ...{ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    ...{ AWS_CONFIG_FILE: join(scratch(), "none"), AWS_SHARED_CREDENTIALS_FILE: join(scratch(), "none") },
  };
  assert.match(
    await within(nobody, asked),
    /: no credentials, expected .*; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE/,
  );
  const nowhere = { ...nobody, AWS_ENDPOINT_URL: undefined, AWS_REGION: undefined };
  assert.match(
    await within({ ...nowhere, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" }, asked),
    /: no region, expected the region of the bucket; set AWS_REGION/,
  );
});

test("without the package one sentence says what to install", async () => {
  const absent = (): Promise<never> => Promise.reject(new Error("Cannot find package '@aws-sdk/client-s3'"));
  assert.match(
    await failureOf(s3Objects(place, absent)),
    /^s3:\/\/: no package @aws-sdk\/client-s3 to reach it with \(.*\), expected the package installed beside rangeflow; npm install @aws-sdk\/client-s3\.$/,
  );
});

test("a place has a bucket, and parts that keys can have", async () => {
  assert.equal(s3PlaceOf("s3://bucket"), { bucket: "bucket", prefix: "" });
  assert.equal(s3PlaceOf("s3://bucket/a/b//"), { bucket: "bucket", prefix: "a/b/" });
  for (const wrong of ["s3://", "s3://UPPER/a", "s3://bucket/a//b", "s3://bucket/../b", "s3://bucket/a b"])
    assert.match(await failureOf(openStore(wrong)), /^store: "s3:.*", expected s3:\/\/BUCKET\/PREFIX/);
});

test("a mirror has a directory for each service and place, below the cache", () => {
  const of = (at: string, endpoint?: string): string => mirrorOf(at, endpoint, { RANGEFLOW_CACHE: "/cache" });
  assert.match(of("s3://bucket/a/b"), /^\/cache\/bucket_a_b-[0-9a-f]{8}$/);
  const all = [of("s3://bucket/a/b"), of("s3://bucket/a_b"), of("s3://bucket/a/b", "http://host")];
  assert.is(new Set(all).size, 3);
  assert.match(mirrorOf("s3://b/a", undefined, { XDG_CACHE_HOME: "/x" }), /^\/x\/rangeflow\/b_a-/);
});

test.run();
