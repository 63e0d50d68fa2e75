var{address:i}=self.Leadtracker,u=new URL(i).origin,l="The server did not answer within 5 seconds.",T="it is not Leadtracker but, say, a proxy or a firewall.",W=async e=>{let{status:t}=e,{detail:n,title:o}=Object(await e.json().catch(()=>null));return t>=500?`The server has a fault of its own (${[t,o].filter(Boolean).join(": ")}).`:o?`The server refused (${t}): ${n||o}.`:t==403?`The server refused (403): the token is unknown, or ${location.origin} is not among the site's origins.`:`What answers at ${i} refused (${t}): ${T}`},z=()=>fetch(i,{mode:"no-cors",cache:"no-store"}).then(()=>!0,()=>!1),q=async()=>{let e=!1,t=({effectiveDirective:o})=>{o=="connect-src"&&(e=!0)};document.addEventListener("securitypolicyviolation",t);let n=await z();return await new Promise(o=>setTimeout(o)),document.removeEventListener("securitypolicyviolation",t),e?`This page's Content-Security-Policy blocked the request: add ${u} to connect-src.`:n?`What answers at ${u} hides it from this page: ${T}`:`The server at ${u} cannot be reached: it is down, or a script blocker is at work.`},v=async e=>{if(e==l)return l;if(e instanceof Response)return W(e);let{name:t,message:n}=Object(e);return t=="TimeoutError"?"The server did not answer within 30 seconds; it is asked again later.":t=="SyntaxError"&&e instanceof DOMException?`A selector is wrong: ${n}`:t=="SyntaxError"?`The answer is not JSON: something else answers at ${i}.`:e instanceof Error?t=="TypeError"?q():String(e):`The answer is not Leadtracker's: something else answers at ${i}.`};var f=e=>{let t=[...e.querySelectorAll("*")].flatMap(({shadowRoot:n})=>n||[]);return[e,...t.flatMap(f)]},p=e=>f(document).flatMap(t=>[...t.querySelectorAll(e)]),A=e=>{try{return document.querySelector(e),!0}catch(t){return!1}},h=e=>{try{return p(e)}catch(t){return[]}},d=e=>String(e).replace(/\D/g,""),B=e=>{let t=[],n=document.createTreeWalker(e,NodeFilter.SHOW_TEXT);for(;n.nextNode();)t.push(n.currentNode.nodeValue);return t},L=e=>{let t=p("[href^='tel:']").map(o=>o.getAttribute("href")),n=f(document).flatMap(B);return[...t,...n].filter(o=>d(o).includes(e.slice(-7))).length},V=e=>{let t=d(e).slice(-4),n=o=>(o.nodeType==Node.TEXT_NODE||o.nodeName=="href")&&d(o.nodeValue).includes(t);return t?p("*").filter(o=>[...o.childNodes,...o.attributes].some(n)):[]},N=({text:e,href:t,call:n,swap:o})=>new Set([...[...e,...t,...n].flatMap(h),...o.join().split(",").flatMap(V)]),w=e=>{let{top:t,left:n,bottom:o,right:s}=e.getBoundingClientRect();return o>t&&s>n&&o>0&&s>0&&t<innerHeight&&n<innerWidth};var X={1:"a place for it was seen for a second",2:"a place for it was about to be used",3:"the page waits for it",4:"the page wants it at once",5:"this browser does not tell what is seen"},r=(e,t="plain")=>({text:e,tone:t}),_=e=>{if(e.reason)return r(`asked for because ${X[e.reason]}`);let t=[...N(e)];if(!t.length)return r("not asked for: there is no place for it on this page","warn");let n=t.filter(w).length;return r(`not asked for yet: none of its ${t.length} places was seen for a second; ${n} in view now`)},G=({did:e,display:t})=>e?r(`${t} (${e}) is shown in ${L(e)} places`,"good"):r("no number of ours is shown; the page keeps its own","warn"),m=(e,t,n)=>{let o=`${t}: ${n}:`;if(!A(n))return r(`${o} is not a selector`,"warn");let s=h(n);if(!s.length)return r(`${o} matches nothing on this page`,"warn");let a=`${s.length} element`;return s.length>1&&(a+="s"),e.reason||(a+=`, ${s.filter(w).length} in view`),r(`${o} ${a}`)},Y=e=>[_(e),G(e),...e.text.map(t=>m(e,"text",t)),...e.href.map(t=>m(e,"href",t)),...e.call.map(t=>m(e,"call",t)),...e.swap.map(t=>r(`swap: ${t}`))],g=()=>[...self.Leadtracker.lines.values()].flatMap(Y);var Q=(e,t,n)=>{try{let o=JSON.stringify(e[n]);return o==JSON.stringify(t[n])&&!/\\ud[89a-f]/i.test(o||"")}catch(o){return!1}},D=(e,t)=>{try{return Object.keys(Object(e)).filter(n=>!Q(e,t,n))}catch(n){return["all of it"]}};var x={good:"#7ee2a8",warn:"#ffd166",plain:"#e8edf2"},Z=`
  :host {
    all: initial;
    position: fixed;
    z-index: 2147483647;
    inset-block-end: 8px;
    inset-inline-start: 8px;
    inline-size: min(26rem, calc(100vw - 16px));
    font:
      13px/1.4 system-ui,
      sans-serif;
    color: ${x.plain};
  }
  section {
    background: #17202a;
    border-radius: 8px;
    box-shadow: 0 2px 12px #0008;
    padding: 8px 12px;
    max-block-size: 45vh;
    overflow: auto;
  }
  header {
    display: flex;
    justify-content: space-between;
    font-weight: 600;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    cursor: pointer;
  }
  p {
    margin: 2px 0;
    overflow-wrap: anywhere;
  }
  .warn {
    color: ${x.warn};
  }
  .good {
    color: ${x.good};
  }
  hr {
    border: 0;
    border-top: 1px solid #fff3;
  }
`,c=(e,t="",n="")=>Object.assign(document.createElement(e),{textContent:t,className:n,dir:"auto"}),I=(e,t)=>c("p",e,t),b=document.createElement("leadtracker-debug"),R=c("div"),$=c("div"),ee=()=>{let e=b.attachShadow({mode:"closed"}),t=new CSSStyleSheet;t.replaceSync(Z),e.adoptedStyleSheets=[t];let n=c("section");n.setAttribute("aria-label","Leadtracker debug"),$.setAttribute("role","log");let o=c("header","Leadtracker"),s=c("button","\u2715");s.setAttribute("aria-label","Close"),s.onclick=()=>b.remove(),o.append(s),n.append(o,R,document.createElement("hr"),$),e.append(n)};ee();var j=()=>document.body.append(b),y=e=>R.replaceChildren(...e.map(({text:t,tone:n})=>I(t,n))),M=({text:e,tone:t},n)=>$.append(I(`${new Date(n).toLocaleTimeString()} ${e}`,t));var te=5e3,ne=2e3,{lines:oe,log:S}=self.Leadtracker,re=0,k=0,E=!1,C=new Set,se=({ask:e,visitor:t,state:n,signals:o},s)=>{if(k=s,E=!1,e=="number")return setTimeout(()=>{k==s&&!E&&O([l,Date.now()])},te),r(`asked: number for visitor ${t}`);let a=`asked: beat ${++re} (${n})`;return o.length&&(a+=`, signals: ${o}`),r(a)},ae=async([e,t])=>{await null;let{info:n={}}=oe.get(e)||{},o=D(t,n);return o.length?r(`init: token ${String(e)}; cut, or left out of visitorInfo: ${o.join(", ")}`,"warn"):r(`init: token ${String(e)}`)},ce=(e,t)=>{let n=e.cut?`; the server cut or left out ${e.cut.join(", ")}`:"";if(e.reason){let o=`answered: ${e.display||"no number"}, ${e.reason}, ${t}${n}`;return r(o,e.lease?"good":"warn")}return r(`answered: beat known, ${t}${n}`,n?"warn":"good")},ie=async(e,t)=>{if(Array.isArray(e)&&e.length==2)return ae(e);if(e&&e.ask)return se(e,t);E=!0;let n=`${t-k} ms`;return e&&(e.reason||e.known)?ce(e,n):r(`failed: ${await v(e)}`,"warn")},O=async([e,t])=>{let n=await ie(e,t),{text:o,tone:s}=n;e instanceof DOMException&&C.has(o)||(C.add(o),s=="warn"?console.warn("[leadtracker] "+o):console.log("[leadtracker] "+o),M(n,t),y(g()))},P=()=>{j(),S.forEach(O),S.push=(...e)=>(e.forEach(O),Array.prototype.push.apply(S,e)),setInterval(()=>y(g()),ne)};document.body?P():addEventListener("DOMContentLoaded",P);
