/** @file Whether two views of a run are the same, sums up to their rounding: they are added in another order where buckets grow meanwhile. */
import { deepStrictEqual } from "node:assert";
import * as assert from "uvu/assert";
import type { Columns, Folds } from "../../../pipelines/views/buckets.ts";
import { learningFolds, type RunView, siteFolds } from "../../../pipelines/views/runView.ts";
import { copied } from "./reader.ts";

const checkColumns = <F extends Folds>(
  folds: F,
  found: Columns<F>,
  wanted: Columns<F>,
  where: string,
): void => {
  for (const [name, fold] of Object.entries(folds)) {
    const [a, b] = [found[name]!, wanted[name]!];
    assert.is(a.length, b.length, `${where} ${name}`);
    if (fold === "sum")
      for (const [i, x] of a.entries())
        assert.ok(Math.abs(x - b[i]!) <= 1e-12 * Math.abs(b[i]!), `${where} ${name} ${i}: ${x} ${b[i]}`);
    else deepStrictEqual([...a], [...b], `${where} ${name}`);
  }
};

/** @throws unless `found` is `wanted` */
export const checkSameView = (found: RunView, wanted: RunView): void => {
  const { learning, sites, ...rest } = copied(found);
  const { learning: wantedLearning, sites: wantedSites, ...wantedRest } = copied(wanted);
  deepStrictEqual(rest, wantedRest);
  checkColumns(learningFolds, learning, wantedLearning, "learning");
  assert.equal(
    sites.map(({ site }) => site),
    wantedSites.map(({ site }) => site),
  );
  for (const [i, { columns, ...facts }] of sites.entries()) {
    const { columns: wantedColumns, ...wantedFacts } = wantedSites[i]!;
    deepStrictEqual(facts, wantedFacts);
    checkColumns(siteFolds, columns, wantedColumns, facts.site);
  }
};
