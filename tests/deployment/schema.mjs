// Validates Kubernetes objects offline against the schemas in the npm package kubernetes-models.
//   node schema.mjs FOLDER-WITH-node_modules < {"name": [object, ...], ...} > {"name": [error, ...]}
// The schemas take unknown fields, as the API server once did. Since a validator reads every field
// that its schema knows, a field that none has read is unknown: a typing error, most likely.
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const models = `${process.argv[2]}/node_modules/kubernetes-models`;

function watch(value, path, unread) {
  if (value === null || typeof value !== 'object') return value;
  const copy = Array.isArray(value) ? [] : {};
  for (const [key, inner] of Object.entries(value)) {
    copy[key] = watch(inner, `${path}/${key}`, unread);
    unread.add(`${path}/${key}`);
  }
  return new Proxy(copy, {
    get(target, key) {
      unread.delete(`${path}/${String(key)}`);
      return target[key];
    },
  });
}

async function errorsOf(object) {
  const name = `${object.kind}/${object.metadata?.name}`;
  const model = `${models}/${object.apiVersion}/${object.kind}.js`;
  if (!existsSync(model)) return [`${name}: ${object.apiVersion} knows no kind ${object.kind}`];
  const schema = /_schemas\/\w+\.js/.exec(readFileSync(model, 'utf8'))[0];
  const { validate } = await import(pathToFileURL(`${models}/${schema}`));
  const unread = new Set();
  if (!validate(watch(object, '', unread))) {
    return validate.errors.map((e) => `${name}: ${e.instancePath} violates ${e.keyword} ${JSON.stringify(e.params)}`);
  }
  return [...unread].map((path) => `${name}: ${path} is not a field of ${object.apiVersion}`);
}

const input = JSON.parse(readFileSync(0, 'utf8'));
const output = {};
for (const [name, objects] of Object.entries(input)) {
  output[name] = (await Promise.all(objects.map(errorsOf))).flat();
}
console.log(JSON.stringify(output));
