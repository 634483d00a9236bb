import type { Database } from './database.js';

/** Answers that were given from a document: what they say may be its words. */
export type QuoteRecords = {
  /** How many answers cite any revision of a document, emptied ones too. */
  count(corpus: string, document: string): number;
  /**
   * Empties the answers, and the comments on them, that cite any revision of a document; questions and
   * everything that is no text stay. Returns how many answers.
   */
  erase(corpus: string, document: string): number;
};

export function quoteRecords(database: Database): QuoteRecords {
  const citing = (corpus: string, document: string) =>
    database
      .all(
        `SELECT d.id AS id FROM decisions AS d, json_each(d.details, '$.citations') AS cited
         WHERE json_extract(cited.value, '$.corpus') = ?
         AND json_extract(cited.value, '$.document_id') = ? GROUP BY d.id`,
        [corpus, document],
      )
      .map((row) => String(row['id']));

  return {
    count: (corpus, document) => citing(corpus, document).length,
    erase: (corpus, document) =>
      database.transaction(() => {
        const answers = citing(corpus, document);
        for (const id of answers) {
          database.run('UPDATE decisions SET answer = NULL WHERE id = ?', [id]);
          database.run("UPDATE turns SET answer = '' WHERE answer_id = ?", [id]);
          database.run('UPDATE feedback SET comment = NULL WHERE answer_id = ?', [id]);
        }
        return answers.length;
      }),
  };
}
