import { cleanLine } from '../clean.js';
import { parseDate, type StatedMeta } from '../reader.js';
import { parseXml, firstText } from './xml.js';
import type { Unzipped } from './zip.js';

/** Title and day of the last change as an office file states them. */
export async function officeMeta(zip: Unzipped): Promise<StatedMeta> {
  const source = await zip.text('docProps/core.xml');
  if (source === null) return {};
  const root = parseXml(source);
  const stated = (name: string) => cleanLine(firstText(root, name));
  const title = stated('title');
  const updated = parseDate(stated('modified').slice(0, 10));
  return {
    ...(title === '' ? {} : { title }),
    ...(updated === undefined ? {} : { updated }),
  };
}
