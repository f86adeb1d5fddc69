/** @file C functions that steps call. A source contains those that it needs, in this order. */

/** Loops over the window of one element. `inner` is executed where `row` and `column` are within the image. */
const overWindow = (inner: string): string => `\
    for (int32_t kh = 0; kh < n->kernel_height; kh++) {
        const int32_t row = ((p * n->stride) + kh) - n->padding;
        if ((row >= 0) && (row < n->height)) {
            for (int32_t kw = 0; kw < n->kernel_width; kw++) {
                const int32_t column = ((q * n->stride) + kw) - n->padding;
                if ((column >= 0) && (column < n->width)) {
${inner}
                }
            }
        }
    }
`;

const taps = `\
                    const int32_t from = (((row * n->width) + column) * n->channels) + first;
                    const int32_t tap = ((((o * n->kernel_height) + kh) * n->kernel_width) + kw) * n->inputs;`;

const sumOf = (name: string, type: string, weight: string, product: string, sum: string): string => `\
static ${sum} ${name}(const window_t *n, const ${type} *x, ${sum === "float" ? "" : "int32_t x_zero, "}const ${weight} *w, \
${sum === "float" ? "" : "int32_t w_zero, "}int32_t p, int32_t q, int32_t o)
{
    const int32_t first = (o / n->outputs) * n->inputs;
    ${sum} sum = 0${sum === "float" ? ".0f" : ""};
${overWindow(`${taps}
                    for (int32_t c = 0; c < n->inputs; c++) {
${product}
                    }`)}\
    return sum;
}
`;

const codeProduct = (weight: string): string => `\
                        const int32_t weight = ${weight};
                        sum += ((int32_t)x[from + c] - x_zero) * (weight - w_zero);`;

/** The functions by name, each with those that it calls. */
const helpers = {
  code_of: {
    calls: [],
    text: `\
/* Code of a number: rounded to the nearest integer, ties to the even one, and clipped. NaN becomes the zero point. */
static int8_t code_of(float x, float inverse, int32_t least, int32_t greatest, int32_t zero)
{
    const float t = x * inverse;
    int32_t n = 0;
    if (t >= (float)greatest) {
        n = greatest;
    } else if (t <= (float)least) {
        n = least;
    } else if ((t > (float)least) && (t < (float)greatest)) {
        n = (int32_t)t;
        const float rest = t - (float)n;
        if ((rest > 0.5f) || ((rest >= 0.5f) && ((n % 2) != 0))) {
            n += 1;
        } else if ((rest < -0.5f) || ((rest <= -0.5f) && ((n % 2) != 0))) {
            n -= 1;
        } else {
            /* It is rounded. */
        }
    } else {
        /* NaN: it stays 0. */
    }
    return (int8_t)(n + zero);
}
`,
  },
  weight_of: {
    calls: [],
    text: `\
/* Weight i of a table with two in a byte, each from -8 to 7. */
static int32_t weight_of(const uint8_t *w, int32_t i)
{
    const int32_t both = (int32_t)w[i / 2];
    const int32_t half = ((i % 2) == 0) ? (both % 16) : (both / 16);
    return (half < 8) ? half : (half - 16);
}
`,
  },
  sum_of_bytes: {
    calls: [],
    text: `\
/* Exact sum of the products of one output. What lies outside of the image is left out. */
${sumOf("sum_of_bytes", "int8_t", "int8_t", codeProduct("(int32_t)w[tap + c]"), "int32_t")}`,
  },
  sum_of_halves: {
    calls: ["weight_of"],
    text: `\
/* The same with weights that are two in a byte. */
${sumOf("sum_of_halves", "int8_t", "uint8_t", codeProduct("weight_of(w, tap + c)"), "int32_t")}`,
  },
  sum_of_floats: {
    calls: [],
    text: `\
/* Sum of float32 products, one after another. */
${sumOf(
  "sum_of_floats",
  "float",
  "float",
  `\
                        const float product = x[from + c] * w[tap + c];
                        sum = sum + product;`,
  "float",
)}`,
  },
  max_of_codes: {
    calls: [],
    text: `\
/* Largest code of a window. */
static int8_t max_of_codes(const window_t *n, const int8_t *x, int32_t p, int32_t q, int32_t c)
{
    int32_t most = -128;
${overWindow(`\
                    const int32_t code = (int32_t)x[(((row * n->width) + column) * n->channels) + c];
                    if (code > most) {
                        most = code;
                    }`)}\
    return (int8_t)most;
}
`,
  },
  max_of_floats: {
    calls: [],
    text: `\
/* Largest number of a window. */
static float max_of_floats(const window_t *n, const float *x, int32_t p, int32_t q, int32_t c)
{
    float most = -FLT_MAX;
${overWindow(`\
                    const float value = x[(((row * n->width) + column) * n->channels) + c];
                    if (value > most) {
                        most = value;
                    }`)}\
    return most;
}
`,
  },
  mean_of: {
    calls: [],
    text: `\
/* Mean of a window of up to 128 elements; inverse is 1 / its area. */
static float mean_of(const window_t *n, const float *x, float inverse, int32_t p, int32_t q, int32_t c)
{
    float sum = 0.0f;
${overWindow(`\
                    sum = sum + x[(((row * n->width) + column) * n->channels) + c];`)}\
    return sum * inverse;
}
`,
  },
  mean_of_many: {
    calls: [],
    text: `\
/* Mean of a larger window: sums of 128 elements are added in double. */
static float mean_of_many(const window_t *n, const float *x, float inverse, int32_t p, int32_t q, int32_t c)
{
    double total = 0.0;
    float sum = 0.0f;
    int32_t count = 0;
${overWindow(`\
                    sum = sum + x[(((row * n->width) + column) * n->channels) + c];
                    count += 1;
                    if (count == 128) {
                        total = total + (double)sum;
                        sum = 0.0f;
                        count = 0;
                    }`)}\
    total = total + (double)sum;
    return (float)total * inverse;
}
`,
  },
} as const satisfies Readonly<Record<string, { readonly calls: readonly string[]; readonly text: string }>>;

/** Name of a function that steps call. */
export type Helper = keyof typeof helpers;

/** C type of the window that functions take. */
export const windowType = `\
typedef struct {
    int32_t height; /* of the image */
    int32_t width;
    int32_t channels;
    int32_t kernel_height;
    int32_t kernel_width;
    int32_t stride;
    int32_t padding;
    int32_t inputs; /* channels of a group */
    int32_t outputs; /* output channels of a group */
} window_t;
`;

/** Size of a window in bytes. */
export const windowBytes = 36;

/** The called functions and those that they call, in order. */
export const helperTexts = (called: ReadonlySet<Helper>): readonly string[] => {
  const names = Object.keys(helpers) as readonly Helper[];
  const needed = new Set<string>(called);
  for (const name of called) for (const inner of helpers[name].calls) needed.add(inner);
  return names.filter((name) => needed.has(name)).map((name) => helpers[name].text);
};
