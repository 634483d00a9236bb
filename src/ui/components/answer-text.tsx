import { type ComponentChildren, createElement } from 'preact';
import { useMemo } from 'preact/hooks';
import { type AnswerNode, parseAnswer } from '../lib/answer-tree.js';
import { holdBackPartialMarker } from '../lib/marks.js';
import { usePage } from '../lib/page-context.js';
import { knownMarkers, type Place, placeOfMarker } from '../lib/sources.js';
import type { Turn } from '../lib/turns.js';

type TextNode = Extract<AnswerNode, { kind: 'text' }>;

type AnswerTextProps = { turn: Turn; text: string };

/** The answer as elements, its markers as buttons that open the source. */
export function AnswerText({ turn, text }: AnswerTextProps) {
  const { t, openPlace } = usePage();
  const isWriting = turn.status === 'writing';
  const reads = turn.decision?.arm === 'retrieve' || turn.decision?.arm === 'both';
  const uncited = turn.response !== null && reads ? turn.response.uncited : [];
  const markers = knownMarkers(turn);
  const known = [...markers].join();
  const tree = useMemo(
    () => parseAnswer(isWriting ? holdBackPartialMarker(text) : text, { markers, uncited }),
    [text, isWriting, known, uncited.length],
  );

  function drawText({ uncited: isUncited }: TextNode, words: string, key: string | number) {
    if (!isUncited) return words;
    return (
      <span class="uncited" key={key} title={t('turn.uncited')}>
        {words}
      </span>
    );
  }

  function draw(nodes: readonly AnswerNode[]): ComponentChildren[] {
    return nodes.map((node, index) => {
      if (node.kind === 'text') {
        const isLead = nodes[index + 1]?.kind === 'marker';
        return drawText(node, isLead ? withoutLast(node.text) : node.text, index);
      }
      if (node.kind === 'marker') {
        const place = placeOfMarker(turn, node.marker);
        const before = nodes[index - 1];
        return (
          place && (
            <span class="marked-word" key={index}>
              {before?.kind === 'text' && drawText(before, lastOf(before.text), 'lead')}
              <Marker marker={node.marker} place={place} open={openPlace} />
            </span>
          )
        );
      }
      const attributes = { key: index, ...(node.first ? { start: node.first } : {}) };
      if (node.tag === 'br' || node.tag === 'hr') return createElement(node.tag, attributes);
      const children = draw(node.children);
      if (node.tag === 'table') {
        return (
          <div class="table-frame" key={index} tabIndex={0}>
            <table>{children}</table>
          </div>
        );
      }
      return createElement(node.tag, attributes, children);
    });
  }

  return <div class={isWriting ? 'answer-text writing' : 'answer-text'}>{draw(tree)}</div>;
}

/** A marker stays on the line of the letter before it, which therefore moves into its box. */
const lastOf = (text: string): string => Array.from(text).at(-1) ?? '';
const withoutLast = (text: string): string => text.slice(0, text.length - lastOf(text).length);

type MarkerProps = {
  marker: number;
  place: Place;
  open: (place: Place, opener: HTMLElement) => void;
};

function Marker({ marker, place, open }: MarkerProps) {
  const { t } = usePage();
  return (
    <button
      type="button"
      class="marker"
      aria-label={t('sources.open', { marker, title: place.title })}
      title={place.title}
      onClick={(event) => open(place, event.currentTarget)}
    >
      {marker}
    </button>
  );
}
