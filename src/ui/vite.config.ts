import { defineConfig } from 'vite';

/** The page is plain files: the content security policy allows nothing inline. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: {
    outDir: '../../dist/ui',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    reportCompressedSize: false,
    // A busy machine is no fault of the page.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
