/**
 * @file Serves compiled modules and the packages that they import to a browser, without bundling anything.
 *
 * A CommonJS package becomes a module whose default export is what it exports; what it requires is imported first.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** The file behind a path or package, as Node would find it. */
const fileOf = (path: string): string | undefined => {
  if (isFile(path)) return path;
  if (isFile(`${path}.js`)) return `${path}.js`;
  const manifest = join(path, "package.json");
  if (isFile(manifest)) {
    const { browser, main = "index.js" } = JSON.parse(readFileSync(manifest, "utf8"));
    return fileOf(join(path, typeof browser === "string" ? browser : main));
  }
  return isFile(join(path, "index.js")) ? join(path, "index.js") : undefined;
};

const isCommonJs = (source: string): boolean =>
  /\bmodule\.exports\b|^exports\./m.test(source) && !/^export /m.test(source);

/** Whether a file is a bundle, which can do without what it still requires. */
const isBundle = (file: string): boolean => file.includes("/dist/");

const asModule = (source: string, file: string): string => {
  const names = [...source.matchAll(/\brequire\(["']([^"']+)["']\)/g)].map(([, name]) => name);
  const required = isBundle(file) ? [] : [...new Set(names)];
  const urls = required.map((name) =>
    name?.startsWith(".") ? `/${relative(".", join(file, "..", name))}` : `/node_modules/${name}`,
  );
  const imports = urls.map((url, i) => `import m${i} from ${JSON.stringify(url)};`);
  const table = required.map((name, i) => `${JSON.stringify(name)}: m${i}`);
  return `${imports.join("\n")}
const required = { ${table.join(", ")} };
const module = { exports: {} };
new Function("module", "exports", "require", ${JSON.stringify(source)})(module, module.exports, (name) => required[name]);
export default module.exports;`;
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = "";
  for await (const part of request) body += part;
  return body;
};

export interface EsmServer {
  readonly url: string;
  /** Text that the page has posted. */
  readonly posted: Promise<string>;
  /** Whether anybody has asked for anything yet. */
  readonly wasAsked: () => boolean;
  readonly close: () => void;
}

/** A server of the working directory at a port of its own; its page runs `script` with `imports` as its map of packages. */
export const serve = async (
  script: string,
  imports: Readonly<Record<string, string>>,
): Promise<EsmServer> => {
  const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">${script}</script>`;
  let post: (body: string) => void = () => {};
  const posted = new Promise<string>((resolve) => {
    post = resolve;
  });
  let asked = 0;
  const server: Server = createServer((request, response) => {
    asked++;
    if (request.method === "POST") {
      void bodyOf(request).then(post);
      response.end();
      return;
    }
    const { pathname } = new URL(request.url ?? "/", "http://here");
    const file = pathname === "/" ? undefined : fileOf(join(".", pathname));
    response.setHeader("content-type", pathname === "/" ? "text/html" : "text/javascript");
    if (pathname === "/") response.end(page);
    else if (file === undefined) response.writeHead(404).end();
    else {
      const source = readFileSync(file, "utf8");
      response.end(isCommonJs(source) ? asModule(source, file) : source);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    posted,
    wasAsked: () => asked > 0,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
