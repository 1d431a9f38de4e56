// @ts-check
/** Code that does what the form does, made from the form as it stands. */

import { has_key, server_base } from './api.js';
import { to_json } from './json.js';

const sign = '\u0001';

/** @typedef {{ values: Record<string, any>, secrets: string[], path: string, multipart: boolean, openai: boolean }} Call */

/** @param {string} name */
const variable = (name) => name.toUpperCase().replace(/\W/g, '_');

/** @param {string} name of a file @param {string} type */
const type_of = (name, type) => type || 'application/octet-stream';

/**
 * JSON in which secrets and local files were replaced by what `stand_in` says.
 * @param {Call} call @param {(kind: 'secret' | 'file', name: string, type: string) => string} stand_in
 * @param {number} [indent] @param {(text: string) => string} [escape] of the JSON around
 */
function json_of({ values, secrets }, stand_in, indent, escape = (text) => text) {
  /** @type {string[]} */
  const put = [];
  const mark = (/** @type {string} */ text) => `${sign}${put.push(text) - 1}${sign}`;
  const swapped = (/** @type {string} */ name, /** @type {any} */ value) =>
    (secrets.includes(name) && typeof value === 'string' ? mark(stand_in('secret', variable(name), ''))
      : value instanceof File ? mark(stand_in('file', value.name, type_of(value.name, value.type)))
        : Array.isArray(value) ? value.map((/** @type {any} */ one) => swapped('', one)) : value);
  const marked = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, swapped(name, value)]));
  return escape(to_json({ input: marked }, indent)).replace(/"\\+u0001(\d+)\\+u0001"/g, (_, at) => put[at]);
}

/** @param {string} text for the shell */
export const shell = (text) => (/^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

/** @param {Call} call */
const has_local = ({ values, secrets }) => Object.entries(values).some(([name, value]) =>
  secrets.includes(name) || [value].flat().some((/** @type {any} */ one) => one instanceof File));

/** @param {Call} call */
function curl(call) {
  const url = shell(new URL(call.path, server_base()).href);
  const key = has_key() ? " \\\n  -H \"Authorization: Bearer $COG_API_KEY\"" : '';
  if (call.multipart && Object.values(call.values).some((value) => [value].flat().some((one) => one instanceof File)))
    return curl_form(call, url, key);
  if (!has_local(call))
    return `curl ${url}${key} \\\n  -H 'Content-Type: application/json' \\\n  -d ${shell(json_of(call, () => '', 2))}`;
  const quoted = (/** @type {string} */ text) => text.replace(/[\\$`]/g, '\\$&');
  const body = json_of(call, (kind, name, type) => (kind === 'secret' ? `"$${name}"`
    : `"data:${type};name=${encodeURIComponent(name)};base64,$(base64 -w0 ${shell(name)})"`), 2, quoted);
  return `curl ${url}${key} \\\n  -H 'Content-Type: application/json' \\\n  --data-binary @- <<END\n${body}\nEND`;
}

/** @param {Call} call @param {string} url @param {string} key */
function curl_form(call, url, key) {
  const files = Object.entries(call.values).flatMap(([name, value]) => [value].flat()
    .filter((one) => one instanceof File).map((one) => ` \\\n  -F ${shell(`${name}=@${one.name}`)}`));
  const rest = Object.fromEntries(Object.entries(call.values).filter(([, value]) => ![value].flat().some((one) => one instanceof File)));
  const quoted = (/** @type {string} */ text) => text.replace(/[\\$`]/g, '\\$&');
  const body = json_of({ ...call, values: rest }, (_, name) => `"$${name}"`, 2, quoted);
  return `curl ${url}${key}${files.join('')} \\\n  -F '_request=<-;type=application/json' <<END\n${body}\nEND`;
}

/** JSON as Python says it. @param {string} text */
const python_literal = (text) => text.replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (token) =>
  /** @type {Record<string, string>} */ ({ true: 'True', false: 'False', null: 'None' })[token] ?? token);

/** @param {Call} call */
function python(call) {
  let files = false;
  let variables = has_key();
  const body = json_of(call, (kind, name, type) => {
    if (kind === 'secret') {
      variables = true;
      return `${sign}os.environ["${name}"]${sign}`;
    }
    files = true;
    return `${sign}data_url(${JSON.stringify(name)}, ${JSON.stringify(type)})${sign}`;
  }, 4);
  const literal = body.split(sign).map((part, at) => (at % 2 ? part : python_literal(part))).join('');
  const key = has_key() ? ', "Authorization": "Bearer " + os.environ["COG_API_KEY"]' : '';
  const modules = [files && 'base64', 'json', variables && 'os', 'urllib.request'].filter(Boolean);
  return `${modules.map((name) => `import ${name}`).join('\n')}
${files ? `

def data_url(path, type):
    with open(path, "rb") as file:
        return f"data:{type};base64,{base64.b64encode(file.read()).decode()}"

` : ''}
body = ${literal}
request = urllib.request.Request(
    ${JSON.stringify(new URL(call.path, server_base()).href)},
    json.dumps(body).encode(),
    {"Content-Type": "application/json"${key}},
)
with urllib.request.urlopen(request) as response:
    prediction = json.load(response)
print(prediction["status"], prediction.get("output"))`;
}

/** @param {Call} call */
function javascript(call) {
  let files = false;
  const body = json_of(call, (kind, name, type) => {
    if (kind === 'secret') return `process.env.${name}`;
    files = true;
    return `await dataUrl(${JSON.stringify(name)}, ${JSON.stringify(type)})`;
  }, 2);
  const key = has_key() ? ', Authorization: `Bearer ${process.env.COG_API_KEY}`' : '';
  return `${files ? `import { readFile } from 'node:fs/promises';

const dataUrl = async (path, type) => \`data:\${type};base64,\${(await readFile(path)).toString('base64')}\`;

` : ''}const response = await fetch(${JSON.stringify(new URL(call.path, server_base()).href)}, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json'${key} },
  body: JSON.stringify(${body.replace(/\n/g, '\n  ')}),
});
const prediction = await response.json();
console.log(prediction.status, prediction.output);`;
}

/** Text that `-i` would read as something else. @param {string} text */
const cog_text = (text) => (text.startsWith('@') ? `@${text}` : /^".*"$/s.test(text) ? `"${text}"` : text);

/** @param {Call} call */
function cog_run(call) {
  const flat = Object.values(call.values).every((value) => !(value instanceof Object) || value instanceof File);
  const note = '# IMAGE: the name of the model\'s image; not set, the model of this folder is run\n';
  if (!flat && !has_local(call)) return `${note}cog run $IMAGE --json ${shell(to_json(call.values, 2))}`;
  const inputs = Object.entries(call.values).map(([name, value]) => {
    const flag = (/** @type {string} */ text) => ` \\\n  -i ${text}`;
    if (call.secrets.includes(name)) return flag(`${name}="$${variable(name)}"`);
    if (Array.isArray(value) && value.some((one) => one instanceof File))
      return value.map((one) => flag(shell(`${name}=${one instanceof File ? `@${one.name}` : one}`))).join('');
    if (value instanceof File) return flag(shell(`${name}=@${value.name}`));
    return flag(shell(`${name}=${typeof value === 'string' ? cog_text(value) : to_json(value)}`));
  });
  return `${note}cog run $IMAGE${inputs.join('')}`;
}

/** @param {Call} call */
function openai({ values }) {
  const prompt = values.prompt ?? Object.values(values).find((value) => typeof value === 'string') ?? 'Hello';
  return `from openai import OpenAI

client = OpenAI(base_url=${JSON.stringify(new URL('v1', server_base()).href)}, api_key="none")
answer = client.chat.completions.create(
    model="model",
    messages=[{"role": "user", "content": ${JSON.stringify(String(prompt))}}],
)
print(answer.choices[0].message.content)`;
}

/** @param {Call} call @returns {{ name: string, text: string }[]} */
export function snippets_of(call) {
  const all = [{ name: 'curl', text: curl(call) }, { name: 'Python', text: python(call) },
    { name: 'JavaScript', text: javascript(call) }];
  if (call.path === 'predictions') all.push({ name: 'cog run', text: cog_run(call) });
  if (call.openai) all.push({ name: 'openai', text: openai(call) });
  return all;
}
