/**
 * Secrets in XML and HTML: the content of an element or attribute with a secret's name, and what follows such
 * a name in property lists and configurations: `<key>password</key><string>X</string>`, `<property
 * name="password" value="X"/>`.
 *
 * Invariant: one pass over the tags, each bounded; a text that is cut off is masked to its end. Attributes by
 * their own name are left to pairs.ts.
 */
import { mayNameSecret, type Secrecy, secrecyOf, tellsAbout } from './secret-name.ts';
import { isHarmless } from './secret-value.ts';
import type { Span } from './spans.ts';

const TAG =
  /<!\[CDATA\[([^\]]{0,4096})\]\]>|<!--[^>]{0,4096}-->|<(\/?)([A-Za-z][\w:.-]{0,63})((?:\s[^<>]{0,1024})?)(\/?)>/g;
const NAMING = /^(?:key|name|entry-?name|id|property|param|param-name|header-?name|variable)$/i;
const NAMING_ATTRIBUTES = /\s(?:key|name|id|type|property|itemprop)\s{0,4}=\s{0,4}(["'])([^"'<>]{1,128})\1/gi;
const VALUE_ATTRIBUTE = /\s(?:value|content|val|default|data)\s{0,4}=\s{0,4}(["'])([^"'<>]{0,1024})\1/i;

/** What hides: an element's content down to its end, or the next element. */
interface Hiding {
  readonly secrecy: Secrecy;
  /** How deep the element is whose end ends it. */
  readonly depth: number;
}

export function secretElements(text: string): readonly Span[] {
  if (!text.includes('<') || !text.includes('>') || !mayNameSecret(text)) return [];
  const scan = new Scan(text);
  for (const match of text.matchAll(TAG)) scan.tag(match);
  scan.end();
  return scan.spans;
}

class Scan {
  readonly spans: Span[] = [];
  readonly #text: string;
  #depth = 0;
  #from = 0;
  #hiding: Hiding | undefined;
  /** The element before named it: the next one is its value. */
  #next: Secrecy = 'no';
  #isNaming = false;
  #previous = '';

  constructor(text: string) {
    this.#text = text;
  }

  tag(match: RegExpExecArray): void {
    const [whole, cdata, closing, name = '', attributes = '', empty] = match;
    const at = match.index;
    this.#between(this.#from, at);
    this.#from = at + whole.length;
    if (cdata !== undefined) this.#between(at + '<![CDATA['.length, at + whole.length - ']]>'.length);
    if (name === '') return;
    if (closing === '/') this.#close();
    else
      this.#open(
        name,
        attributes,
        at + 1 + name.length,
        empty === '/' || attributes.endsWith('/') || /^(?:input|meta|br|img|link)$/i.test(name),
      );
    this.#previous = name;
  }

  end(): void {
    this.#between(this.#from, this.#text.length);
  }

  #open(name: string, attributes: string, attributesAt: number, isEmpty: boolean): void {
    const next = this.#next;
    this.#next = 'no';
    const local = name.slice(name.indexOf(':') + 1);
    const own = this.#hiding !== undefined && tellsAbout(local) ? 'no' : secrecyOf(local);
    const named = attributes === '' ? 'no' : namedBy(attributes);
    this.#isNaming = named === 'no' && NAMING.test(name);
    const value = named === 'no' ? null : VALUE_ATTRIBUTE.exec(attributes);
    if (value !== null && !isHarmless(value[2] ?? '', named)) {
      const end = attributesAt + value.index + value[0].length - 1;
      this.spans.push({ start: end - (value[2] ?? '').length, end });
    }
    if (isEmpty) return;
    this.#depth++;
    const secrecy =
      [own, named, next].find((each) => each === 'sure') ??
      [own, named, next].find((each) => each === 'likely');
    if (secrecy !== undefined && this.#hiding === undefined && !this.#isNaming)
      this.#hiding = { secrecy, depth: this.#depth };
  }

  #close(): void {
    if (this.#hiding !== undefined && this.#depth <= this.#hiding.depth) this.#hiding = undefined;
    this.#depth = Math.max(0, this.#depth - 1);
    this.#isNaming = false;
  }

  #between(start: number, end: number): void {
    const content = this.#text.slice(start, end);
    const bare = content.trim();
    if (bare === '') return;
    if (this.#isNaming && bare.length <= 128) this.#next = secrecyOf(bare);
    else if (this.#hiding !== undefined && !isHarmless(bare, this.#hiding.secrecy) && !this.#isAbout()) {
      const from = start + content.indexOf(bare);
      this.spans.push({ start: from, end: from + bare.length });
    }
  }

  #isAbout(): boolean {
    return this.#hiding !== undefined && this.#depth > this.#hiding.depth && tellsAbout(this.#previous);
  }
}

function namedBy(attributes: string): Secrecy {
  let likely: Secrecy = 'no';
  for (const [, , name = ''] of attributes.matchAll(NAMING_ATTRIBUTES)) {
    const secrecy = secrecyOf(name);
    if (secrecy === 'sure') return 'sure';
    if (secrecy === 'likely') likely = 'likely';
  }
  return likely;
}
