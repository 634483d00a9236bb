/** What one version of a corpus holds: ids of passages by section, of each document. */
export type Outline = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

export type SectionDiff = { added: string[]; removed: string[]; changed: string[] };

export type VersionDiff = {
  added: string[];
  removed: string[];
  changed: { id: string; sections: SectionDiff }[];
  unchanged: number;
};

/**
 * What has become of the documents and sections between two versions, sorted. A passage keeps its id
 * as long as its content does, so a section with the same ids says the same.
 */
export function diffVersions(before: Outline, after: Outline): VersionDiff {
  const added = [...after.keys()].filter((id) => !before.has(id)).toSorted();
  const removed = [...before.keys()].filter((id) => !after.has(id)).toSorted();
  const kept = [...after.keys()].filter((id) => before.has(id)).toSorted();
  const compared = kept.map((id) => ({
    id,
    sections: diffSections(before.get(id) ?? new Map(), after.get(id) ?? new Map()),
  }));
  const changed = compared.filter(
    ({ sections }) => sections.added.length + sections.removed.length + sections.changed.length > 0,
  );
  return { added, removed, changed, unchanged: compared.length - changed.length };
}

const NONE: ReadonlySet<string> = new Set();
type Sections = ReadonlyMap<string, ReadonlySet<string>>;

function diffSections(before: Sections, after: Sections): SectionDiff {
  const same = (section: string) => {
    const [a, b] = [before.get(section) ?? NONE, after.get(section) ?? NONE];
    return a.size === b.size && [...a].every((id) => b.has(id));
  };
  return {
    added: [...after.keys()].filter((section) => !before.has(section)).toSorted(),
    removed: [...before.keys()].filter((section) => !after.has(section)).toSorted(),
    changed: [...after.keys()]
      .filter((section) => before.has(section) && !same(section))
      .toSorted(),
  };
}
