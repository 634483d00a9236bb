import { render } from 'preact';
import { App } from './app.js';
import { createApi } from './lib/api.js';
import { createKeyStore, createLanguageStore } from './lib/storage.js';
import './styles/tokens.css';
import './styles/page.css';
import './styles/controls.css';
import './styles/thread.css';
import './styles/composer.css';
import './styles/answer.css';
import './styles/sources.css';
import './styles/tables.css';
import './styles/why.css';
import './styles/panel.css';

const keys = createKeyStore(() => sessionStorage);
const api = createApi({ fetch: (...call) => fetch(...call), key: keys.read });
const root = document.querySelector('#page');
if (root !== null) {
  render(<App api={api} keys={keys} languages={createLanguageStore(() => localStorage)} />, root);
}
