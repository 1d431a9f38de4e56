#pragma once
#include <string_view>

namespace cog::bench {

/// The looks of the report's page.
constexpr std::string_view page_style = R"(
:root{color-scheme:light dark;--page:#fafafa;--card:#fff;--text:#1c1e21;--faint:#6b7280;--rule:#e2e5ea;
--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#aa4499;--c4:#b8860b;--c5:#3fa7d6;--c6:#7f7f7f;--c7:#882255}
@media(prefers-color-scheme:dark){:root{--page:#14171a;--card:#1d2125;--text:#e6e8eb;--faint:#98a2ad;--rule:#333a41;
--c0:#56b4e9;--c1:#f0883e;--c2:#2bc194;--c3:#d98cc9;--c4:#e3b341;--c5:#8ecae6;--c6:#a8a8a8;--c7:#e07a9b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 48px}
h1{font-size:22px;margin:0;overflow-wrap:anywhere}
h2{font-size:16px;margin:32px 0 10px}
p{margin:4px 0;color:var(--faint);overflow-wrap:anywhere}
p.bad{color:var(--c1);font-weight:600}
.cards{display:flex;flex-wrap:wrap;gap:12px;margin:20px 0}
.cards div{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 16px;min-width:130px}
.cards b{display:block;font-size:22px;font-weight:600;font-variant-numeric:tabular-nums}
.cards span{color:var(--faint);font-size:13px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(460px,100%),1fr));gap:16px}
figure,.table{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:14px}
.table{overflow-x:auto}
figcaption{font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;color:var(--faint);font-size:13px;min-height:20px}
.legend i{display:inline-block;width:14px;height:3px;margin-right:6px;vertical-align:middle;background:currentColor}
svg{display:block;width:100%;height:auto;font:11px system-ui,sans-serif}
svg text{fill:var(--faint)}
.axes line{stroke:var(--rule)}
.series polyline{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
.series circle{fill:currentColor}
.series circle.near{r:5px}
.s0{color:var(--c0)}.s1{color:var(--c1)}.s2{color:var(--c2)}.s3{color:var(--c3)}
.s4{color:var(--c4)}.s5{color:var(--c5)}.s6{color:var(--c6)}.s7{color:var(--c7)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{color:var(--faint);font-weight:500;font-size:13px}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
tr:last-child td{border-bottom:0}
th:first-child,td:first-child,.words th,.words td{text-align:left}
.words td:last-child{white-space:pre-wrap;overflow-wrap:anywhere;width:100%}
#tip{position:fixed;pointer-events:none;background:var(--text);color:var(--page);border-radius:5px;padding:3px 8px;
font-size:12px;white-space:nowrap;visibility:hidden}
)";

/// Tells the value of the point next to the pointer.
constexpr std::string_view page_script = R"(
const tip=document.getElementById('tip');
for(const svg of document.querySelectorAll('svg')){
  const points=[...svg.querySelectorAll('circle')];
  let near=null;
  const leave=()=>{if(near)near.classList.remove('near');near=null;tip.style.visibility='hidden'};
  svg.addEventListener('pointerleave',leave);
  svg.addEventListener('pointermove',event=>{
    const box=svg.getBoundingClientRect(),scale=svg.viewBox.baseVal.width/box.width;
    const x=(event.clientX-box.left)*scale,y=(event.clientY-box.top)*scale;
    let best=null,least=900;
    for(const point of points){
      const dx=point.cx.baseVal.value-x,dy=point.cy.baseVal.value-y,distance=dx*dx+dy*dy;
      if(distance<least){least=distance;best=point}
    }
    if(best!==near){leave();near=best}
    if(!near)return;
    near.classList.add('near');
    tip.textContent=near.dataset.label;
    tip.style.visibility='visible';
    tip.style.left=Math.min(event.clientX+14,innerWidth-tip.offsetWidth-8)+'px';
    tip.style.top=event.clientY+14+'px';
  });
}
)";

}   // namespace cog::bench
