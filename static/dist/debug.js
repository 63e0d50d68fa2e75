var{address:l}=self.Leadtracker,T=new URL(l).origin,O=`the token is unknown, or ${location.origin} is not among the site's origins.`,i="The server did not answer within 5 seconds.",z=()=>fetch(l,{mode:"no-cors",cache:"no-store"}).then(()=>!0,()=>!1),W=async()=>{let e=!1,t=({effectiveDirective:o})=>{o=="connect-src"&&(e=!0)};document.addEventListener("securitypolicyviolation",t);let n=await z();return await new Promise(o=>setTimeout(o)),document.removeEventListener("securitypolicyviolation",t),e?`This page's Content-Security-Policy blocked the request: add ${T} to connect-src.`:n?`The server refused: ${O}`:`The server at ${T} cannot be reached: it is down, or a script blocker is at work.`},v=async e=>{if(e==i)return i;if(typeof e=="number"&&e<500)return`The server refused (${e}): ${O}`;if(typeof e=="number")return`The server has a fault of its own (${e}).`;let{name:t,message:n}=e;return t=="TimeoutError"?"The server did not answer within 30 seconds; it is asked again later.":t=="SyntaxError"&&e instanceof DOMException?`A selector is wrong: ${n}`:t=="SyntaxError"?`The answer is not JSON: something else answers at ${l}.`:t=="TypeError"?W():String(e)};var p=e=>{let t=[...e.querySelectorAll("*")].flatMap(({shadowRoot:n})=>n||[]);return[e,...t.flatMap(p)]},f=e=>p(document).flatMap(t=>[...t.querySelectorAll(e)]),A=e=>{try{return document.querySelector(e),!0}catch(t){return!1}},u=e=>{try{return f(e)}catch(t){return[]}},d=e=>String(e).replace(/\D/g,""),q=e=>{let t=[],n=document.createTreeWalker(e,NodeFilter.SHOW_TEXT);for(;n.nextNode();)t.push(n.currentNode.nodeValue);return t},L=e=>{let t=f("[href^='tel:']").map(o=>o.getAttribute("href")),n=p(document).flatMap(q);return[...t,...n].filter(o=>d(o).includes(e.slice(-7))).length},V=e=>{let t=d(e).slice(-4),n=o=>(o.nodeType==Node.TEXT_NODE||o.nodeName=="href")&&d(o.nodeValue).includes(t);return t?f("*").filter(o=>[...o.childNodes,...o.attributes].some(n)):[]},N=({text:e,href:t,call:n,swap:o})=>new Set([...[...e,...t,...n].flatMap(u),...o.join().split(",").flatMap(V)]),h=e=>{let{top:t,left:n,bottom:o,right:r}=e.getBoundingClientRect();return o>t&&r>n&&o>0&&r>0&&t<innerHeight&&n<innerWidth};var H={1:"a place for it was seen for a second",2:"a place for it was about to be used",3:"the page waits for it",4:"the page wants it at once",5:"this browser does not tell what is seen"},s=(e,t="plain")=>({text:e,tone:t}),X=e=>{if(e.reason)return s(`asked for because ${H[e.reason]}`);let t=[...N(e)];if(!t.length)return s("not asked for: there is no place for it on this page","warn");let n=t.filter(h).length;return s(`not asked for yet: none of its ${t.length} places was seen for a second; ${n} in view now`)},J=({did:e,display:t})=>e?s(`${t} (${e}) is shown in ${L(e)} places`,"good"):s("no number of ours is shown; the page keeps its own","warn"),w=(e,t,n)=>{let o=`${t}: ${n}:`;if(!A(n))return s(`${o} is not a selector`,"warn");let r=u(n);if(!r.length)return s(`${o} matches nothing on this page`,"warn");let a=`${r.length} element`;return r.length>1&&(a+="s"),e.reason||(a+=`, ${r.filter(h).length} in view`),s(`${o} ${a}`)},K=e=>[X(e),J(e),...e.text.map(t=>w(e,"text",t)),...e.href.map(t=>w(e,"href",t)),...e.call.map(t=>w(e,"call",t)),...e.swap.map(t=>s(`swap: ${t}`))],m=()=>[...self.Leadtracker.lines.values()].flatMap(K);var g={good:"#7ee2a8",warn:"#ffd166",plain:"#e8edf2"},Y=`
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
    color: ${g.plain};
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
    color: ${g.warn};
  }
  .good {
    color: ${g.good};
  }
  hr {
    border: 0;
    border-top: 1px solid #fff3;
  }
`,c=(e,t="",n="")=>Object.assign(document.createElement(e),{textContent:t,className:n,dir:"auto"}),D=(e,t)=>c("p",e,t),x=document.createElement("leadtracker-debug"),I=c("div"),b=c("div"),G=()=>{let e=x.attachShadow({mode:"closed"}),t=new CSSStyleSheet;t.replaceSync(Y),e.adoptedStyleSheets=[t];let n=c("section");n.setAttribute("aria-label","Leadtracker debug"),b.setAttribute("role","log");let o=c("header","Leadtracker"),r=c("button","\u2715");r.setAttribute("aria-label","Close"),r.onclick=()=>x.remove(),o.append(r),n.append(o,I,document.createElement("hr"),b),e.append(n)};G();var M=()=>document.body.append(x),$=e=>I.replaceChildren(...e.map(({text:t,tone:n})=>D(t,n))),C=({text:e,tone:t},n)=>b.append(D(`${new Date(n).toLocaleTimeString()} ${e}`,t));var Q=5e3,Z=2e3,{log:y}=self.Leadtracker,ee=0,S=0,k=!1,P=new Set,te=({ask:e,visitor:t,state:n,signals:o},r)=>{if(S=r,k=!1,e=="number")return setTimeout(()=>{S==r&&!k&&E([i,Date.now()])},Q),s(`asked: number for visitor ${t}`);let a=`asked: beat ${++ee} (${n})`;return o.length&&(a+=`, signals: ${o}`),s(a)},ne=async(e,t)=>{if(Array.isArray(e))return s(`init: token ${e[0]}`);if(e&&e.ask)return te(e,t);k=!0;let n=`${t-S} ms`;if(e&&e.reason){let o=`answered: ${e.display||"no number"}, ${e.reason}, ${n}`;return s(o,e.lease?"good":"warn")}return e&&e.known?s(`answered: beat known, ${n}`,"good"):s(`failed: ${await v(e)}`,"warn")},E=async([e,t])=>{let n=await ne(e,t),{text:o,tone:r}=n;e instanceof DOMException&&P.has(o)||(P.add(o),r=="warn"?console.warn("[leadtracker] "+o):console.log("[leadtracker] "+o),C(n,t),$(m()))},R=()=>{M(),y.forEach(E),y.push=(...e)=>(e.forEach(E),Array.prototype.push.apply(y,e)),setInterval(()=>$(m()),Z)};document.body?R():addEventListener("DOMContentLoaded",R);
