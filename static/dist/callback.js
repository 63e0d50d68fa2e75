var me={received:"ringing",dialling:"ringing","agent answered":"calling","visitor answered":"connected",talked:"talked",scheduled:"scheduled",failed:"busy",uncertain:"uncertain",unknown:"uncertain",cancelled:"cancelled",refused:"refused"},ge=["received","dialling","agent answered","visitor answered","uncertain"],be={sending:"going",refused:"bad",error:"bad",busy:"bad",talked:"good",scheduled:"good"},G=({state:n,words:e,opens:t})=>{let o=String(n).replace("_"," "),r=ge.includes(o);return e?{state:"refused",words:e,opens:t,more:r}:{state:me[o]||"error",opens:t,more:r}},v=({state:n,more:e})=>e&&"going"||be[n]||"";var D={en:{button:"Call me back",title:"We will call you",intro:"Leave your number and your phone will ring in a moment.",closed:"We are closed now. Leave your number and we will call you {when}.",country:"Country",phone:"Phone number",name:"Name (optional)",note:"What is it about? (optional)",send:"Call me",close:"Close",anew:"Ask for another call",sending:"One moment\u2026",ringing:"Keep your phone at hand: we are finding somebody to talk to you.",calling:"We are calling you: your phone is about to ring.",connected:"You are connected.",talked:"Thank you for talking to us.",scheduled:"Thank you. We will call you {when}.",later:"as soon as we open",busy:"Nobody could be reached just now. Please try again in a few minutes.",uncertain:"Your phone may ring in a moment. If it does not, try again in a few minutes.",cancelled:"The call was canceled.",number:"Please check the number.",often:"This was asked for too often. Please try again later.",again:"This form is out of date. Reload the page and try again.",no:"We cannot call this number.",error:"That did not work. Please try again."},he:{button:"\u05D7\u05D6\u05E8\u05D5 \u05D0\u05DC\u05D9\u05D9",title:"\u05E0\u05EA\u05E7\u05E9\u05E8 \u05D0\u05DC\u05D9\u05DB\u05DD",intro:"\u05D4\u05E9\u05D0\u05D9\u05E8\u05D5 \u05DE\u05E1\u05E4\u05E8 \u05D5\u05D4\u05D8\u05DC\u05E4\u05D5\u05DF \u05E9\u05DC\u05DB\u05DD \u05D9\u05E6\u05DC\u05E6\u05DC \u05D1\u05E2\u05D5\u05D3 \u05E8\u05D2\u05E2.",closed:"\u05D0\u05E0\u05D7\u05E0\u05D5 \u05E1\u05D2\u05D5\u05E8\u05D9\u05DD \u05DB\u05E2\u05EA. \u05D4\u05E9\u05D0\u05D9\u05E8\u05D5 \u05DE\u05E1\u05E4\u05E8 \u05D5\u05E0\u05EA\u05E7\u05E9\u05E8 {when}.",country:"\u05DE\u05D3\u05D9\u05E0\u05D4",phone:"\u05DE\u05E1\u05E4\u05E8 \u05D8\u05DC\u05E4\u05D5\u05DF",name:"\u05E9\u05DD (\u05DC\u05D0 \u05D7\u05D5\u05D1\u05D4)",note:"\u05D1\u05DE\u05D4 \u05DE\u05D3\u05D5\u05D1\u05E8? (\u05DC\u05D0 \u05D7\u05D5\u05D1\u05D4)",send:"\u05D4\u05EA\u05E7\u05E9\u05E8\u05D5 \u05D0\u05DC\u05D9\u05D9",close:"\u05E1\u05D2\u05D9\u05E8\u05D4",anew:"\u05D1\u05E7\u05E9\u05EA \u05E9\u05D9\u05D7\u05D4 \u05E0\u05D5\u05E1\u05E4\u05EA",sending:"\u05E8\u05E7 \u05E8\u05D2\u05E2\u2026",ringing:"\u05D4\u05D9\u05E9\u05D0\u05E8\u05D5 \u05DC\u05D9\u05D3 \u05D4\u05D8\u05DC\u05E4\u05D5\u05DF: \u05D0\u05E0\u05D7\u05E0\u05D5 \u05DE\u05D0\u05EA\u05E8\u05D9\u05DD \u05E0\u05E6\u05D9\u05D2 \u05DC\u05E9\u05D9\u05D7\u05D4.",calling:"\u05D0\u05E0\u05D7\u05E0\u05D5 \u05DE\u05EA\u05E7\u05E9\u05E8\u05D9\u05DD \u05D0\u05DC\u05D9\u05DB\u05DD: \u05D4\u05D8\u05DC\u05E4\u05D5\u05DF \u05D9\u05E6\u05DC\u05E6\u05DC \u05DE\u05D9\u05D3.",connected:"\u05D4\u05E9\u05D9\u05D7\u05D4 \u05DE\u05D7\u05D5\u05D1\u05E8\u05EA.",talked:"\u05EA\u05D5\u05D3\u05D4 \u05E2\u05DC \u05D4\u05E9\u05D9\u05D7\u05D4.",scheduled:"\u05EA\u05D5\u05D3\u05D4. \u05E0\u05EA\u05E7\u05E9\u05E8 {when}.",later:"\u05DE\u05D9\u05D3 \u05DB\u05E9\u05E0\u05E4\u05EA\u05D7",busy:"\u05DC\u05D0 \u05D4\u05E6\u05DC\u05D7\u05E0\u05D5 \u05DC\u05E7\u05D9\u05D9\u05DD \u05D0\u05EA \u05D4\u05E9\u05D9\u05D7\u05D4 \u05DB\u05E2\u05EA. \u05D0\u05E4\u05E9\u05E8 \u05DC\u05E0\u05E1\u05D5\u05EA \u05E9\u05D5\u05D1 \u05D1\u05E2\u05D5\u05D3 \u05DB\u05DE\u05D4 \u05D3\u05E7\u05D5\u05EA.",uncertain:"\u05D4\u05D8\u05DC\u05E4\u05D5\u05DF \u05E2\u05E9\u05D5\u05D9 \u05DC\u05E6\u05DC\u05E6\u05DC \u05D1\u05E2\u05D5\u05D3 \u05E8\u05D2\u05E2. \u05D0\u05DD \u05DC\u05D0, \u05D0\u05E4\u05E9\u05E8 \u05DC\u05E0\u05E1\u05D5\u05EA \u05E9\u05D5\u05D1 \u05D1\u05E2\u05D5\u05D3 \u05DB\u05DE\u05D4 \u05D3\u05E7\u05D5\u05EA.",cancelled:"\u05D4\u05E9\u05D9\u05D7\u05D4 \u05D1\u05D5\u05D8\u05DC\u05D4.",number:"\u05E0\u05D0 \u05DC\u05D1\u05D3\u05D5\u05E7 \u05D0\u05EA \u05D4\u05DE\u05E1\u05E4\u05E8.",often:"\u05D4\u05EA\u05E7\u05D1\u05DC\u05D5 \u05D9\u05D5\u05EA\u05E8 \u05DE\u05D3\u05D9 \u05D1\u05E7\u05E9\u05D5\u05EA. \u05D0\u05E4\u05E9\u05E8 \u05DC\u05E0\u05E1\u05D5\u05EA \u05E9\u05D5\u05D1 \u05DE\u05D0\u05D5\u05D7\u05E8 \u05D9\u05D5\u05EA\u05E8.",again:"\u05D4\u05D8\u05D5\u05E4\u05E1 \u05D0\u05D9\u05E0\u05D5 \u05E2\u05D3\u05DB\u05E0\u05D9. \u05E0\u05D0 \u05DC\u05D8\u05E2\u05D5\u05DF \u05D0\u05EA \u05D4\u05D3\u05E3 \u05DE\u05D7\u05D3\u05E9 \u05D5\u05DC\u05E0\u05E1\u05D5\u05EA \u05E9\u05D5\u05D1.",no:"\u05DC\u05D0 \u05E0\u05D5\u05DB\u05DC \u05DC\u05D4\u05EA\u05E7\u05E9\u05E8 \u05DC\u05DE\u05E1\u05E4\u05E8 \u05D4\u05D6\u05D4.",error:"\u05DE\u05E9\u05D4\u05D5 \u05D4\u05E9\u05EA\u05D1\u05E9. \u05E0\u05D0 \u05DC\u05E0\u05E1\u05D5\u05EA \u05E9\u05D5\u05D1."}};var I={...D,iw:D.he},ke=["number","often","again"],ye=["ar","dv","fa","he","iw","ps","sd","ug","ur","yi"],ve=1440*6e4,S=n=>n.toLowerCase().split(/[-_]/)[0],Se=n=>{try{return Intl.DateTimeFormat.supportedLocalesOf(n).length>0}catch(e){return!1}},xe=n=>((n.closest("[lang]")||document.documentElement).getAttribute("lang")||"en").trim(),Te=n=>[...navigator.languages.filter(t=>S(t)==n),n].find(Se)||"en",j=n=>new Date(n.getFullYear(),n.getMonth(),n.getDate()).getTime(),Ee=(n,e)=>{let t=Math.round((j(n)-j(new Date))/ve),o={hour:"numeric",minute:"2-digit"};return t<0||t>1||!Intl.RelativeTimeFormat?n.toLocaleString(e,{weekday:"long",day:"numeric",month:"long",...o}):`${new Intl.RelativeTimeFormat(e,{numeric:"auto"}).format(t,"day")}, ${n.toLocaleTimeString(e,o)}`},x=(n,e)=>{let t=xe(n),o=e||I[S(t)],r=Te(o?t:"en"),a={...I[S(t)]||I.en,...e};return{words:a,lang:r,dir:ye.includes(S(r))?"rtl":"ltr",when:s=>{let l=new Date(s||NaN);return isNaN(l.getTime())?a.later:Ee(l,r)}}},Q=(n,e)=>{try{return new Intl.DisplayNames(e,{type:"region"}).of(n)||n}catch(t){return n}},T=({state:n,words:e="",opens:t},{words:o,when:r})=>{if(n=="idle")return"";let a=String(n);return n=="refused"&&(a=ke.find(s=>s==e)||"no"),o[a].replace("{when}",()=>r(t))};var u=()=>new URL("/callback",self.Leadtracker.address).href,p=async(n,e)=>{let t=await fetch(n,{...e&&{method:"POST",body:JSON.stringify(e)},cache:"no-store",signal:AbortSignal.timeout&&AbortSignal.timeout(2e4)}),o=await t.json().catch(()=>({}));if(t.status==429)return{state:"refused",words:"often"};if(o&&(t.ok||o.words))return o;throw t.status};var Ae=25*6e4,d=null,E=()=>{d=null},Le=async n=>{let{address:e}=self.Leadtracker,t=await p(e,{ask:"form",...n,page:location.href});if(!Array.isArray(t.countries))throw t;return t},X=n=>{let{token:e}=n;return(!d||d.token!=e||Date.now()-d.at>Ae)&&(d={asked:Le(n),token:e,at:Date.now()},d.asked.catch(E)),d.asked};var R="leadtracker-callback",h=null,A=()=>{try{h=JSON.parse(sessionStorage[R])}catch(n){}return h&&Date.now()-h.at<18e5?h:null},P=n=>{h=n;try{sessionStorage[R]=JSON.stringify(n)}catch(e){}},b=()=>{h=null;try{sessionStorage.removeItem(R)}catch(n){}};var B=2e3,Oe=6e5,Ce=5,Ne=0,Me=()=>{let n=crypto.getRandomValues(new Uint8Array(16));return n[6]=n[6]&15|64,n[8]=n[8]&63|128,[...n].map(t=>(t+256).toString(16).slice(1)).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/,"$1-$2-$3-$4-")},W=n=>new Promise(e=>setTimeout(e,n)),Ge=async n=>{try{return await p(u(),n)}catch(e){if(typeof e=="number")throw e;return await W(B/2),p(u(),n)}},De=n=>n.startsWith("visitor")?{state:"talked"}:{state:"uncertain"},f=class{constructor(e,t){this.tell=e,this.token=t,this.place=location.pathname+Ne++,this.going=!1,this.sent={}}sender(){let{visitor:e,visit:t}=self.Leadtracker.visitor();return{token:this.token||[...self.Leadtracker.lines.keys()][0],visitor:e,visit:t}}prepare(){return X(this.sender())}async send(e){if(!this.going){this.going=!0,this.tell({state:"sending"});try{await this.prepare();let t=e(),o=await this.post(t);o.words=="again"&&(await W(B),o=await this.post(t)),await this.follow(o,this.sent.id)}catch(t){E(),this.tell({state:"error"})}this.going=!1}}async post({since:e,...t}){let{form:o}=await this.prepare(),r=A(),a=r&&r.phone==t.phone?r.id:Me();P({id:a,phone:t.phone,place:this.place,at:Date.now()}),this.sent={id:a,...this.sender(),form:o};let s=await Ge({...this.sent,...t,filled_ms:Date.now()-e});return E(),s.words&&b(),s}question(e){return p(`${u()}/${e}?visitor=${this.sender().visitor}`)}async follow(e,t){let o=Date.now()+Oe,r=0,a=e.state,s=this.report(G(e));for(;s&&Date.now()<o&&r<Ce;)if(await W(B),document.visibilityState!="hidden")try{let l=await this.question(t);r=0,l.state!=a&&(s=this.report(G(l))),a=l.state}catch(l){r++}s&&this.report(De(a))}report(e){let t=A();return e.state=="scheduled"&&t?P({...t,place:""}):!e.more&&e.state!="error"&&b(),this.tell(e),e.more}resume(){let e=A();return!e||e.place!=this.place?"":(this.going=!0,this.question(e.id).then(t=>this.follow(t,e.id)).catch(()=>{}).then(()=>this.going=!1),e.phone)}};var Ie=({lang:n,dir:e})=>{let t=document.createElement("p");return Object.assign(t,{lang:n,dir:e}),t.setAttribute("role","status"),t.setAttribute("aria-live","polite"),t},F=class{constructor(e,t){this.form=e,this.language=x(e,t.words),this.line=Ie(this.language),this.since=Date.now(),this.released=!1,e.after(this.line);let o=t.token||this.valueOf("leadtracker_token");this.request=new f(r=>this.tell(r),o)}listen(){this.form.getRootNode().addEventListener("submit",t=>{t.target!=this.form||this.released||t.defaultPrevented||(t.preventDefault(),this.request.send(()=>this.read()))});let e=()=>this.request.prepare().catch(()=>{});this.form.addEventListener("focusin",e,{once:!0})}field(e){return[...this.form.elements].find(o=>o.getAttribute("name")==e)}valueOf(e){let t=this.field(e);return(t&&t.value||"").trim()}read(){return{phone:this.valueOf("phone"),name:this.valueOf("name"),note:this.valueOf("note"),website:this.valueOf("website"),since:this.since}}tell(e){let{form:t,line:o}=this;o.isConnected||t.after(o),o.textContent=T(e,this.language),o.className=`leadtracker-callback ${e.state} ${v(e)}`.trim(),t.setAttribute("aria-busy",String(e.state=="sending"));let r=this.field("phone");e.words=="number"&&r&&r.focus(),e.state=="error"&&this.release()}release(){let{form:e}=this;this.released=!0;let t={...this.request.sent,filled_ms:Date.now()-this.since};Object.entries(t).forEach(([r,a])=>{if(this.field(r))return;let s=document.createElement("input");Object.assign(s,{type:"hidden",name:r,value:a}),e.append(s)}),new URL(e.getAttribute("action")||"",location.href).origin!=new URL(u()).origin&&HTMLFormElement.prototype.submit.call(e)}},ee=(n,e)=>{let t=new F(n,e);t.listen(),t.request.resume()};var K=`
  :host {
    all: initial;
    display: inline-block;
    color-scheme: light dark;
    --accent: var(--leadtracker-accent, #0b57d0);
    --on-accent: var(--leadtracker-on-accent, #fff);
    --paper: #fff;
    --ink: #1b1f24;
    --soft: #57606a;
    --line: #767e87;
    --bad: #b3261e;
    --good: #146c2e;
    font: 16px/1.5 var(--leadtracker-font, system-ui, sans-serif);
  }
  @media (prefers-color-scheme: dark) {
    :host {
      --accent: var(--leadtracker-accent, #a8c7fa);
      --on-accent: var(--leadtracker-on-accent, #062e6f);
      --paper: #1f2328;
      --ink: #e6eaef;
      --soft: #a9b3bd;
      --line: #8b949e;
      --bad: #ffb4ab;
      --good: #7ee2a8;
    }
  }
  *,
  ::before {
    box-sizing: border-box;
  }
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }
  button {
    min-block-size: 44px;
    padding: 8px 20px;
    border: 1px solid transparent;
    border-radius: 8px;
    cursor: pointer;
  }
  .main {
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  .plain {
    background: none;
    border-color: var(--line);
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
  dialog {
    inline-size: min(24rem, calc(100vw - 16px));
    max-block-size: calc(100dvh - 16px);
    overflow: auto;
    padding: 20px;
    margin: auto;
    border: 1px solid var(--line);
    border-radius: 12px;
    background: var(--paper);
    color: var(--ink);
    box-shadow: 0 8px 40px #0006;
    text-align: start;
  }
  dialog::backdrop {
    background: #0008;
  }
  h2 {
    margin: 0;
    font-size: 1.25rem;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  p {
    margin: 8px 0 0;
    color: var(--soft);
    overflow-wrap: anywhere;
  }
  label {
    display: block;
    margin-block-start: 12px;
    font-weight: 600;
  }
  input,
  select,
  textarea {
    display: block;
    inline-size: 100%;
    min-inline-size: 0;
    min-block-size: 44px;
    margin-block-start: 4px;
    padding: 8px 12px;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--paper);
    font-weight: 400;
  }
  textarea {
    resize: vertical;
  }
  [dir="rtl"] [type="tel"] {
    text-align: right;
  }
  [aria-invalid="true"] {
    border: 2px solid var(--bad);
  }
  [role="status"] {
    color: var(--ink);
    font-weight: 600;
  }
  [role="status"]:empty {
    margin: 0;
  }
  .bad {
    color: var(--bad);
  }
  .good {
    color: var(--good);
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-block-start: 16px;
  }
  footer .main {
    flex: 1 1 auto;
  }
  [hidden] {
    display: none;
  }
  .trap {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .going::before {
    content: "";
    display: inline-block;
    inline-size: 0.6em;
    block-size: 0.6em;
    margin-inline-end: 0.5em;
    border-radius: 50%;
    background: currentColor;
  }
  @media (prefers-reduced-motion: no-preference) {
    .going::before {
      animation: pulse 1.2s ease-in-out infinite alternate;
    }
    dialog[open] {
      animation: rise 0.15s ease-out;
    }
    @keyframes pulse {
      to {
        opacity: 0.25;
      }
    }
    @keyframes rise {
      from {
        opacity: 0;
        transform: translateY(8px);
      }
    }
  }
  @media (forced-colors: active) {
    .main {
      border-color: ButtonText;
    }
  }
`;var i=(n,e={},...t)=>{let o=document.createElement(n);return Object.entries(e).forEach(([r,a])=>{r in o&&r!="role"?Object.assign(o,{[r]:a}):o.setAttribute(r,String(a))}),o.append(...t),o},te=n=>{try{let e=new CSSStyleSheet;e.replaceSync(K),n.adoptedStyleSheets=[e]}catch(e){n.append(i("style",{},K))}},L=n=>n.getRootNode().activeElement;var Re="1 US AG AI AS BB BM BS CA DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI, 7 RU KZ, 20 EG, 27 ZA, 30 GR, 31 NL, 32 BE, 33 FR, 34 ES, 36 HU, 39 IT VA, 40 RO, 41 CH, 43 AT, 44 GB GG IM JE, 45 DK, 46 SE, 47 NO SJ, 48 PL, 49 DE, 51 PE, 52 MX, 53 CU, 54 AR, 55 BR, 56 CL, 57 CO, 58 VE, 60 MY, 61 AU CC CX, 62 ID, 63 PH, 64 NZ, 65 SG, 66 TH, 81 JP, 82 KR, 84 VN, 86 CN, 90 TR, 91 IN, 92 PK, 93 AF, 94 LK, 95 MM, 98 IR, 211 SS, 212 MA EH, 213 DZ, 216 TN, 218 LY, 220 GM, 221 SN, 222 MR, 223 ML, 224 GN, 225 CI, 226 BF, 227 NE, 228 TG, 229 BJ, 230 MU, 231 LR, 232 SL, 233 GH, 234 NG, 235 TD, 236 CF, 237 CM, 238 CV, 239 ST, 240 GQ, 241 GA, 242 CG, 243 CD, 244 AO, 245 GW, 246 IO, 247 AC, 248 SC, 249 SD, 250 RW, 251 ET, 252 SO, 253 DJ, 254 KE, 255 TZ, 256 UG, 257 BI, 258 MZ, 260 ZM, 261 MG, 262 RE YT, 263 ZW, 264 NA, 265 MW, 266 LS, 267 BW, 268 SZ, 269 KM, 290 SH TA, 291 ER, 297 AW, 298 FO, 299 GL, 350 GI, 351 PT, 352 LU, 353 IE, 354 IS, 355 AL, 356 MT, 357 CY, 358 FI AX, 359 BG, 370 LT, 371 LV, 372 EE, 373 MD, 374 AM, 375 BY, 376 AD, 377 MC, 378 SM, 380 UA, 381 RS, 382 ME, 383 XK, 385 HR, 386 SI, 387 BA, 389 MK, 420 CZ, 421 SK, 423 LI, 500 FK, 501 BZ, 502 GT, 503 SV, 504 HN, 505 NI, 506 CR, 507 PA, 508 PM, 509 HT, 590 GP BL MF, 591 BO, 592 GY, 593 EC, 594 GF, 595 PY, 596 MQ, 597 SR, 598 UY, 599 CW BQ, 670 TL, 672 NF, 673 BN, 674 NR, 675 PG, 676 TO, 677 SB, 678 VU, 679 FJ, 680 PW, 681 WF, 682 CK, 683 NU, 685 WS, 686 KI, 687 NC, 688 TV, 689 PF, 690 TK, 691 FM, 692 MH, 850 KP, 852 HK, 853 MO, 855 KH, 856 LA, 880 BD, 886 TW, 960 MV, 961 LB, 962 JO, 963 SY, 964 IQ, 965 KW, 966 SA, 967 YE, 968 OM, 970 PS, 971 AE, 972 IL, 973 BH, 974 QA, 975 BT, 976 MN, 977 NP, 992 TJ, 993 TM, 994 AZ, 995 GE, 996 KG, 998 UZ",U=new Map,ne=new Map;Re.split(", ").forEach(n=>{let[e,...t]=n.split(" ");U.set(e,t),t.forEach(o=>ne.set(o,e))});var w=n=>ne.get(n)||"",oe=n=>(U.get(n)||[""])[0],Y=n=>[1,2,3].map(t=>n.slice(0,t)).find(t=>U.has(t))||"";var O={AU:[[/^04/,"#### ### ###"],[/^0[2378]/,"## #### ####"]],BE:[[/^04/,"#### ## ## ##"],[/^0[2-4]|^09/,"## ### ## ##"],[/^0/,"### ## ## ##"]],CH:[[/^0/,"### ### ## ##"]],ES:[[/^[6-9]/,"### ## ## ##"]],FR:[[/^0/,"## ## ## ## ##"]],GB:[[/^02/,"### #### ####"],[/^0(3|8|11|1\d1)/,"#### ### ####"],[/^0/,"##### ######"]],IL:[[/^0[57]/,"###-###-####"],[/^0/,"##-###-####"],[/^1[78]00/,"#-###-###-###"]],IT:[[/^3/,"### ### ####"],[/^0[26]/,"## #### ####"]],NL:[[/^06/,"## ########"],[/^0/,"### ### ####"]],US:[[/^1/,"# (###) ###-####"],[/^/,"(###) ###-####"]]};O.CA=O.US;var k=n=>n.replace(/[٠-٩۰-۹０-９]/g,e=>String(e.charCodeAt(0)&15)).replace(/\D/g,""),Pe=n=>/^\W*[+＋]/.test(n),H=n=>{let e=k(n);if(Pe(n))return e;if(e.startsWith("00"))return e.slice(2)},Be=(n,e)=>{let t=0,o="";for(let r of e){if(t==n.length)break;r=="#"?o+=n[t++]:o+=r}return o+n.slice(t)},re=n=>n.replace(/(\d{3})(?=\d{2,})/g,"$1 "),q=(n,e)=>{let t=(O[e]||[]).find(([o])=>o.test(n));return t&&Be(n,t[1])},ae=(n,e)=>w(e)==n?e:oe(n),se=(n,e)=>{let t=Y(H(n)||"");return t?ae(t,e):e},ie=(n,e)=>{let t=H(n);if(t===void 0)return q(k(n),e)||re(k(n));let o=Y(t),r=t.slice(o.length);if(!o||!r)return"+"+t;let a=ae(o,e),s=q("0"+r,a)||"",l=q(r,a)||s.slice(1)||re(r);return`+${o} ${l}`},le=(n,e)=>{let t=k(n);if(H(n)!==void 0)return"+"+t.replace(/^00/,"");if(!e)return t;let o="+"+w(e);return!O[e]||e=="IT"?o+t:o+t.replace(/^0/,"")},ce=n=>/^\d{6,17}$/.test(k(n));var We=40,Fe=(n,e)=>{let t=0;for(let o=0;o<e&&t<n.length;t++)/[\d+]/.test(n[t])&&o++;return t},C=class{constructor({words:e,lang:t}){this.lang=t,this.country=i("select",{autocomplete:"country"}),this.input=i("input",{type:"tel",dir:"ltr",required:!0,autocomplete:"tel",maxLength:We,"aria-describedby":"state"}),this.countryLabel=i("label",{hidden:!0},e.country,this.country),this.inputLabel=i("label",{},e.phone,this.input),this.input.addEventListener("input",()=>this.group()),this.country.addEventListener("change",()=>this.group())}isComplete(){return ce(this.input.value)}number(){return le(this.input.value,this.country.value)}offer(e,t){if(this.country.options.length)return;let{lang:o}=this,r=e.map(a=>({code:a,name:Q(a,o)}));r.sort((a,s)=>a.name.localeCompare(s.name,o)),r.forEach(({code:a,name:s})=>{let l=`${s} \u2066+${w(a)}\u2069`;this.country.append(i("option",{value:a},l))}),this.country.value=e.includes(t)?t:e[0],this.countryLabel.hidden=e.length<2,this.group()}group(){let{input:e,country:t}=this,o=e.value,r=e.selectionStart||0,a=se(o,t.value);[...t.options].some(({value:c})=>c==a)&&(t.value=a);let s=ie(o,t.value);if(s==o||(e.value=s,L(e)!=e))return;let l=s.length;r<o.length&&(l=Fe(s,o.slice(0,r).replace(/[^\d+]/g,"").length)),e.setSelectionRange(l,l)}};var Ke=80,Ue=500,Ye=(n,e)=>{let t=i("input",{autocomplete:"name",maxLength:Ke,dir:"auto"}),o=i("textarea",{rows:2,maxLength:Ue,dir:"auto"}),r=[];return e.includes("name")&&r.push(i("label",{},n.name,t)),e.includes("note")&&r.push(i("label",{},n.note,o)),{name:t,note:o,labels:r}},qe=()=>{let n=i("input",{name:"website",tabIndex:-1,autocomplete:"off"}),e=i("label",{},"Website",n);return{trap:n,hidden:i("div",{className:"trap","aria-hidden":"true"},e)}},He=n=>({send:i("button",{className:"main",type:"submit",part:"send"},n.send),anew:i("button",{className:"main",type:"button",hidden:!0},n.anew),close:i("button",{className:"plain",type:"button"},n.close)}),$e=()=>i("p",{id:"state",role:"status","aria-live":"polite","aria-atomic":"true"}),de=(n,e)=>{let{words:t,lang:o,dir:r}=n,a=new C(n),{name:s,note:l,labels:c}=Ye(t,e),{trap:M,hidden:y}=qe(),{send:m,anew:g,close:z}=He(t),he=i("h2",{id:"title"},t.title),V=i("p",{id:"intro"},t.intro),Z=i("div",{},a.countryLabel,a.inputLabel,...c,y),J=$e(),fe=i("footer",{},m,g,z),_=i("form",{noValidate:!0,method:"dialog"},...[he,V,Z,J,fe]);return{dialog:i("dialog",{lang:o,dir:r,role:"dialog",part:"panel","aria-modal":"true","aria-labelledby":"title","aria-describedby":"intro"},_),form:_,intro:V,fields:Z,phone:a,name:s,note:l,trap:M,status:J,send:m,anew:g,close:z}},ue=(n,e)=>{if(e.stopPropagation(),e.key!="Tab")return;let o=[...n.querySelectorAll("input, select, textarea, button")].filter(r=>r.offsetParent&&r.tabIndex>=0);e.shiftKey&&o.reverse(),L(n)==o[o.length-1]&&(e.preventDefault(),o[0].focus())};var ze="button, a, [role=button]",Ve=["idle","sending","refused","error"],$=class{constructor(e,t){this.language=x(e,t.words),this.parts=de(this.language,t.fields||["name","note"]),this.openedAt=0;let o=document.createElement("leadtracker-callback");this.root=o.attachShadow({mode:"open"}),te(this.root),e.matches(ze)?(this.button=e,document.body.append(o)):(this.button=this.newButton(),this.root.append(this.button),e.append(o)),this.button.setAttribute("aria-haspopup","dialog"),this.root.append(this.parts.dialog),this.request=new f(r=>this.tell(r),t.token)}newButton(){let{words:e,lang:t,dir:o}=this.language;return i("button",{className:"main",type:"button",part:"button",lang:t,dir:o},e.button)}listen(){let{dialog:e,form:t,anew:o,close:r}=this.parts;this.button.addEventListener("click",a=>{a.preventDefault(),this.open()}),["pointerenter","focus"].forEach(a=>this.button.addEventListener(a,()=>this.prepare(),{once:!0})),t.addEventListener("submit",a=>{a.preventDefault(),this.send()}),o.addEventListener("click",()=>this.startAnew()),r.addEventListener("click",()=>e.close()),e.addEventListener("close",()=>this.button.focus()),e.addEventListener("keydown",a=>ue(e,a))}open(){let{dialog:e,fields:t}=this.parts;e.open||(this.openedAt=this.openedAt||Date.now(),e.showModal(),t.hidden||this.ask())}ask(){this.parts.phone.input.focus(),this.prepare()}async prepare(){let{intro:e,phone:t}=this.parts,{words:o,when:r}=this.language;try{let{open:a,opens:s,countries:l,country:c}=await this.request.prepare();a||(e.textContent=o.closed.replace("{when}",r(s))),t.offer(l,c)}catch(a){}}send(){let{phone:e,name:t,note:o,trap:r}=this.parts;if(!e.isComplete())return this.tell({state:"refused",words:"number"});this.request.send(()=>({phone:e.number(),name:t.value.trim(),note:o.value.trim(),website:r.value,since:this.openedAt}))}startAnew(){b(),this.tell({state:"idle"}),this.ask()}resume(){let{input:e}=this.parts.phone;e.value=this.request.resume(),e.value&&this.open()}tell(e){let{dialog:t,intro:o,fields:r,phone:a,status:s,send:l,anew:c,close:M}=this.parts,y=Ve.includes(e.state),m=e.words=="number",g=this.root.activeElement;s.textContent=T(e,this.language),s.className=v(e),r.hidden=o.hidden=l.hidden=!y,l.setAttribute("aria-disabled",String(e.state=="sending")),c.hidden=y||!!e.more,a.input.setAttribute("aria-invalid",String(m)),t.open&&(m?a.input.focus():g&&!g.offsetParent&&M.focus())}},pe=(n,e)=>{let t=new $(n,e);return t.listen(),t.resume(),{open:()=>t.open(),close:()=>t.parts.dialog.close()}};var N=new WeakMap,Bt=(n,e={})=>{let t=n;return typeof t=="string"&&(t=document.querySelector(t)),N.has(t)||(N.set(t,void 0),t instanceof HTMLFormElement?ee(t,e):N.set(t,pe(t,e))),N.get(t)};export{Bt as callback};
