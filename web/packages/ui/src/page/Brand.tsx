/** The product's mark and its name. */
export function Brand({ name }: { name: string }) {
  return (
    <span className="brand">
      <svg viewBox="0 0 28 28" width="28" height="28" aria-hidden="true" focusable="false">
        <rect width="28" height="28" rx="7" className="brand-ground" />
        <path d="M6 9.5l4.2 10L14 11l3.8 8.5L22 9.5" className="brand-line" />
      </svg>
      {name}
    </span>
  );
}
