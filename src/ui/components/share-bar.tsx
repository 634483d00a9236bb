type ShareBarProps = { share: number; strong?: boolean };

/** A small bar for a share 0..1; the number beside it says the same. */
export function ShareBar({ share, strong = false }: ShareBarProps) {
  const width = `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
  return (
    <span class={strong ? 'share-bar strong' : 'share-bar'} aria-hidden="true">
      <span style={{ width }} />
    </span>
  );
}
