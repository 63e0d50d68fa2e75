// A phone number as it is typed: the country it belongs to, and how people there group its digits.

/** Dialling code, then its countries, the greatest first. */
const CODES =
  "1USAGAIASBBBMBSCADMDOGDGUJMKNKYLCMPMSPRSXTCTTVCVGVI 7RUKZ 20EG 27ZA 30GR 31NL 32BE 33FR 34ES 36HU 39ITVA 40RO 41CH " +
  "43AT 44GBGGIMJE 45DK 46SE 47NOSJ 48PL 49DE 51PE 52MX 53CU 54AR 55BR 56CL 57CO 58VE 60MY 61AUCCCX 62ID 63PH 64NZ " +
  "65SG 66TH 81JP 82KR 84VN 86CN 90TR 91IN 92PK 93AF 94LK 95MM 98IR 211SS 212MAEH 213DZ 216TN 218LY 220GM 221SN 222MR " +
  "223ML 224GN 225CI 226BF 227NE 228TG 229BJ 230MU 231LR 232SL 233GH 234NG 235TD 236CF 237CM 238CV 239ST 240GQ 241GA " +
  "242CG 243CD 244AO 245GW 246IO 247AC 248SC 249SD 250RW 251ET 252SO 253DJ 254KE 255TZ 256UG 257BI 258MZ 260ZM 261MG " +
  "262REYT 263ZW 264NA 265MW 266LS 267BW 268SZ 269KM 290SHTA 291ER 297AW 298FO 299GL 350GI 351PT 352LU 353IE 354IS " +
  "355AL 356MT 357CY 358FIAX 359BG 370LT 371LV 372EE 373MD 374AM 375BY 376AD 377MC 378SM 380UA 381RS 382ME 383XK 385HR " +
  "386SI 387BA 389MK 420CZ 421SK 423LI 500FK 501BZ 502GT 503SV 504HN 505NI 506CR 507PA 508PM 509HT 590GPBLMF 591BO " +
  "592GY 593EC 594GF 595PY 596MQ 597SR 598UY 599CWBQ 670TL 672NF 673BN 674NR 675PG 676TO 677SB 678VU 679FJ 680PW 681WF " +
  "682CK 683NU 685WS 686KI 687NC 688TV 689PF 690TK 691FM 692MH 850KP 852HK 853MO 855KH 856LA 880BD 886TW 960MV 961LB " +
  "962JO 963SY 964IQ 965KW 966SA 967YE 968OM 970PS 971AE 972IL 973BH 974QA 975BT 976MN 977NP 992TJ 993TM 994AZ 995GE " +
  "996KG 998UZ";

/** By code, as CODES. @type {Map<string, string[]>} */
const countriesOf = new Map(
  CODES.split(" ").map((entry) => [entry.match(/^\d+/)[0], entry.replace(/^\d+/, "").match(/../g)]),
);
/** @type {Record<string, string>} */
const codeOf = {};
countriesOf.forEach((countries, code) => countries.forEach((country) => (codeOf[country] = code)));

/** How a number that begins so is written at home. @type {Record<string, [RegExp, string][]>} */
const MASKS = {
  AU: [
    [/^04/, "#### ### ###"],
    [/^0[2378]/, "## #### ####"],
  ],
  BE: [
    [/^04/, "#### ## ## ##"],
    [/^0[2-4]|^09/, "## ### ## ##"],
    [/^0/, "### ## ## ##"],
  ],
  CH: [[/^0/, "### ### ## ##"]],
  ES: [[/^[6-9]/, "### ## ## ##"]],
  FR: [[/^0/, "## ## ## ## ##"]],
  GB: [
    [/^02/, "### #### ####"],
    [/^0(3|8|11|1\d1)/, "#### ### ####"],
    [/^0/, "##### ######"],
  ],
  IL: [
    [/^0[57]/, "###-###-####"],
    [/^0/, "##-###-####"],
    [/^1[78]00/, "#-###-###-###"],
  ],
  IT: [
    [/^3/, "### ### ####"],
    [/^0[26]/, "## #### ####"],
  ],
  NL: [
    [/^06/, "## ########"],
    [/^0/, "### ### ####"],
  ],
  US: [
    [/^1/, "# (###) ###-####"],
    [/^/, "(###) ###-####"],
  ],
};
MASKS.CA = MASKS.US;

/** Digits of any keyboard as 0 to 9, and nothing else. @param {string} text */
const digitsOf = (text) =>
  text.replace(/[٠-٩۰-۹０-９]/g, (digit) => "" + (digit.charCodeAt(0) & 15)).replace(/\D/g, "");

/** @param {string} digits @param {string} mask */
const fill = (digits, mask) => {
  let taken = 0;
  let text = "";
  for (const sign of mask) {
    if (taken == digits.length) break;
    text += sign == "#" ? digits[taken++] : sign;
  }
  return text + digits.slice(taken);
};

/** Groups of three, the last of up to four. @param {string} digits */
const group = (digits) => digits.replace(/(\d{3})(?=\d{2,})/g, "$1 ");

/** @param {string} digits @param {string} country @returns {string | undefined} */
const masked = (digits, country) => {
  const found = (MASKS[country] || []).find(([begins]) => begins.test(digits));
  return found && fill(digits, found[1]);
};

/** @param {string} digits after + @returns {string} the code that they begin with, or nothing */
const codeIn = (digits) => [1, 2, 3].map((length) => digits.slice(0, length)).find((code) => countriesOf.has(code)) || "";

/** @param {string} country two letters */
export const diallingCode = (country) => codeOf[country] || "";

/**
 * The country that an international number (+ or 00) is of.
 * @param {string} text @param {string} chosen stays where it has the same code
 */
export const countryOf = (text, chosen) => {
  const code = codeIn(format(text, chosen).replace(/^\+|\D/g, "").slice(0, 3));
  const international = /^\+/.test(format(text, chosen));
  return !international || !code || codeOf[chosen] == code ? chosen : countriesOf.get(code)[0];
};

/**
 * What stands in the field: the same digits, grouped.
 * @param {string} text @param {string} country two letters
 */
export const format = (text, country) => {
  const digits = digitsOf(text);
  const plus = /^\W*[+＋]/.test(text);
  if (!plus && !/^00/.test(digits)) return masked(digits, country) || group(digits);
  const rest = plus ? digits : digits.slice(2);
  const code = codeIn(rest);
  const number = rest.slice(code.length);
  const home = codeOf[country] == code ? country : (countriesOf.get(code) || [""])[0];
  // At home a 0 may stand before it, abroad it does not.
  const shown = masked(number, home) || (masked("0" + number, home) || "").slice(1) || group(number);
  return "+" + code + (code && number ? " " + shown : number);
};

/** What is sent: international where the country is known. @param {string} text @param {string} country */
export const international = (text, country) => {
  const digits = digitsOf(text);
  if (/^\W*[+＋]/.test(text) || /^00/.test(digits)) return "+" + digits.replace(/^00/, "");
  // Elsewhere a 0 before the number is the server's to judge.
  const number = MASKS[country] && country != "IT" ? digits.replace(/^0/, "") : digits;
  return country ? "+" + diallingCode(country) + number : digits;
};

/** Whether enough digits are there to be a number. @param {string} text */
export const complete = (text) => /^\d{6,17}$/.test(digitsOf(text));
