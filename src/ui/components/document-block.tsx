import type { DocumentBlock, Slice } from '../lib/document-blocks.js';

type DocumentBlockViewProps = { block: DocumentBlock; text: string };

/** One block of a document; every word is a slice of the stored text. */
export function DocumentBlockView({ block, text }: DocumentBlockViewProps) {
  switch (block.kind) {
    case 'heading':
      return (
        <p
          class={`document-heading level-${Math.min(4, block.level)}`}
          role="heading"
          aria-level={Math.min(6, block.level + 2)}
        >
          <Slices slices={block.slices} text={text} />
        </p>
      );
    case 'item':
      return (
        <p class={`document-item depth-${block.depth}`}>
          <span class="document-marker">{/^[-*+]$/u.test(block.marker) ? '•' : block.marker}</span>
          <span>
            <Slices slices={block.slices} text={text} />
          </span>
        </p>
      );
    case 'table': {
      const [header, ...rows] = block.rows;
      return (
        <div class="table-frame" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {header?.map((cell, index) => (
                  <th key={index} scope="col">
                    <Slices slices={cell} text={text} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={index}>
                  {row.map((cell, column) => (
                    <td key={column}>
                      <Slices slices={cell} text={text} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    }
    case 'text':
      return (
        <p>
          <Slices slices={block.slices} text={text} />
        </p>
      );
    default:
      block satisfies never;
      return null;
  }
}

function Slices({ slices, text }: { slices: readonly Slice[]; text: string }) {
  return (
    <>
      {slices.map(({ start, end, marked }) => {
        const words = text.slice(start, end);
        return marked ? <mark key={start}>{words}</mark> : words;
      })}
    </>
  );
}
