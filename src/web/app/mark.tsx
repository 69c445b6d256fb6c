/** The product's mark: a parcel. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M16 6.5 24.5 11v10L16 25.5 7.5 21V11zM7.5 11 16 15.5 24.5 11M16 15.5v10M11.7 8.8l8.6 4.6" />
    </svg>
  );
}
