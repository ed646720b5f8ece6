(function () {
  "use strict";
  // Okabe and Ito's colours, told apart by readers with any common colour vision; darker or lighter per theme.
  var palettes = {
    light: {
      ink: "#16202c", veil: "rgba(255,255,255,.7)", soft: "#55616f", faint: "#a3adb8", grid: "#e6eaef", card: "#ffffff",
      series0: "#0b5c8f", series1: "#b85c00", series2: "#00735a", series3: "#8f4a7d", series4: "#55616f", series5: "#8a6d00",
      fill0: "rgba(11,92,143,.45)", fill1: "rgba(213,120,30,.45)", fill2: "rgba(0,115,90,.45)", fill3: "rgba(143,74,125,.45)", fill4: "rgba(85,97,111,.45)", fill5: "rgba(138,109,0,.45)",
      band1: "rgba(11,92,143,.12)", band2: "rgba(11,92,143,.18)", band3: "rgba(11,92,143,.28)",
      bid: "#56a5d8", backstop: "#e69f00", fund: "#009e73", adl: "#cc5fa0", socialised: "#b3261e",
      slice: "#0b5c8f", batch: "#7d8fd0", auction: "#a5c739", amm: "#5f8a2b", insolvent: "#b85c00", tranche: "#4d7a6b",
      fundfill: "rgba(0,158,115,.16)", badfill: "rgba(179,38,30,.16)", bad: "#b3261e", warn: "#b06c00"
    },
    dark: {
      ink: "#e8edf2", veil: "rgba(24,32,41,.7)", soft: "#a9b4c0", faint: "#66717d", grid: "#2b3540", card: "#182029",
      series0: "#6cb6e4", series1: "#f0a45a", series2: "#4cc3a0", series3: "#d79ac4", series4: "#a9b4c0", series5: "#e5d05a",
      fill0: "rgba(108,182,228,.40)", fill1: "rgba(240,164,90,.40)", fill2: "rgba(76,195,160,.40)", fill3: "rgba(215,154,196,.40)", fill4: "rgba(169,180,192,.40)", fill5: "rgba(229,208,90,.40)",
      band1: "rgba(108,182,228,.13)", band2: "rgba(108,182,228,.20)", band3: "rgba(108,182,228,.32)",
      bid: "#6cb6e4", backstop: "#f0b23e", fund: "#33b98f", adl: "#df86bd", socialised: "#f08a80",
      slice: "#3f8fc4", batch: "#a3b1ea", auction: "#c3dd6a", amm: "#8fb85a", insolvent: "#e08a45", tranche: "#7fb0a0",
      fundfill: "rgba(51,185,143,.20)", badfill: "rgba(240,138,128,.20)", bad: "#f08a80", warn: "#e8ab4a"
    }
  };
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var text = document.getElementById("chart-data").textContent;
  var times = JSON.parse(text).time;
  var buttons = [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]];

  function palette() { return palettes[dark.matches ? "dark" : "light"]; }

  // "@name" is a colour of the palette.
  function painted(colors) {
    return JSON.parse(text, function (key, value) {
      return typeof value === "string" && value.charAt(0) === "@" ? colors[value.slice(1)] : value;
    }).figures;
  }

  function axis(own, colors, more) {
    var plain = { gridcolor: colors.grid, zerolinecolor: colors.grid, linecolor: colors.grid, tickfont: { size: 11, color: colors.soft }, automargin: true };
    var merged = Object.assign(plain, more, own);
    if (merged.title) { merged.title = Object.assign({ font: { size: 12, color: colors.soft }, standoff: 8 }, merged.title); }
    return merged;
  }

  // A chart over the times all have in common: it zooms along them only, and the others with it.
  function shared(layout) { return Boolean(times) && (!layout.xaxis || !layout.xaxis.type || layout.xaxis.type === "date"); }

  function draw(name, figure, colors) {
    var node = document.getElementById("chart-" + name);
    var common = shared(figure.layout);
    var narrow = node.clientWidth < 600;
    var layout = Object.assign({
      paper_bgcolor: colors.card, plot_bgcolor: colors.card, margin: { l: 66, r: 22, t: 34, b: 36 }, hovermode: "x unified",
      font: { family: getComputedStyle(document.body).fontFamily, color: colors.ink, size: 12 },
      hoverlabel: { bgcolor: colors.card, bordercolor: colors.grid, font: { color: colors.ink, size: 12 } }
    }, figure.layout);
    // Lines over common times may be dashed, and stand in the legend as they are drawn; small marks elsewhere are shown larger.
    layout.legend = Object.assign({ orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom", itemsizing: times ? "trace" : "constant" }, layout.legend);
    layout.yaxis = layout.yaxis || {};
    Object.keys(layout).forEach(function (key) {
      if (/^yaxis/.test(key)) { layout[key] = axis(layout[key], colors, common ? { fixedrange: true } : {}); }
    });
    layout.xaxis = axis(layout.xaxis, colors, !common ? { type: "date" } : {
      type: "date", hoverformat: "%Y-%m-%dT%H:%MZ", tickformat: "%d %b\n%H:%M", nticks: narrow ? 5 : 12, tickangle: 0,
      range: [times[0], times[times.length - 1]]
    });
    figure.data.forEach(function (trace) { if (times && !trace.x) { trace.x = times; } });
    Plotly.react(node, figure.data, layout, {
      responsive: true, displaylogo: false, modeBarButtons: buttons, toImageButtonOptions: { filename: "plimsoll-" + name },
      // On a narrow screen the buttons would stand on the legend; a double tap resets the zoom.
      displayModeBar: narrow ? false : "hover"
    });
    return common ? node : null;
  }

  var following = false;
  function follow(node, charts) {
    node.on("plotly_relayout", function (change) {
      if (following) { return; }
      var update = null;
      if (change["xaxis.range[0]"] !== undefined) { update = { "xaxis.range": [change["xaxis.range[0]"], change["xaxis.range[1]"]] }; }
      else if (change["xaxis.range"]) { update = { "xaxis.range": change["xaxis.range"].slice() }; }
      else if (change["xaxis.autorange"]) { update = { "xaxis.range": [times[0], times[times.length - 1]] }; }
      if (!update) { return; }
      following = true;
      Promise.all(charts.map(function (other) { return other === node && !change["xaxis.autorange"] ? null : Plotly.relayout(other, update); }))
        .then(function () { following = false; }, function () { following = false; });
    });
  }

  function drawAll() {
    var colors = palette();
    var figures = painted(colors);
    document.querySelectorAll(".swatch").forEach(function (node) { node.style.background = colors[node.getAttribute("data-color")]; });
    return Object.keys(figures).map(function (name) { return draw(name, figures[name], colors); }).filter(Boolean);
  }

  drawAll().forEach(function (node, place, charts) { follow(node, charts); });
  dark.addEventListener("change", drawAll);
})();
