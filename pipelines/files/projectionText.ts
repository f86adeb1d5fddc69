/** @file The projection of a site as text in a recording, and back. */
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { type Follows, followsNames } from "../../core/follows.ts";
import type { SiteProjection } from "../../core/siteFacts.ts";
import { decodeJson, encodeJson } from "./json.ts";

const FollowsCodec = new t.Type<Follows, Follows, unknown>(
  "Follows",
  (given): given is Follows => followsNames.includes(given as Follows),
  (given, context) =>
    followsNames.includes(given as Follows) ? t.success(given as Follows) : t.failure(given, context),
  t.identity,
);

const ProjectionCodec = t.intersection([
  t.type({ name: t.string, follows: FollowsCodec }),
  t.partial({ options: t.record(t.string, t.union([t.number, t.string])) }),
]);

/** A projection as a JSON object: `{"name":"luq","options":{"levels":3},"follows":"range"}`; empty for none. */
export const projectionText = (projection: SiteProjection | undefined): string =>
  projection ? encodeJson(projection) : "";

/** The projection in a text, `undefined` for an empty one; `Left` for an invalid text. */
export const projectionIn = (text: string): E.Either<string, SiteProjection | undefined> =>
  text === ""
    ? E.right(undefined)
    : pipe(
        decodeJson(text),
        E.chainW(ProjectionCodec.decode),
        E.bimap(
          () => `"${text}"`,
          ({ name, options, follows }) => ({ name, ...(options && { options }), follows }),
        ),
      );
