/* SPDX-License-Identifier: MIT */
/*
 * page_parts.js - what the pages of `dsi` share: texts, numbers, cards and
 * plots.
 *
 * All texts go in as text, never as markup: names come from other programs.
 */
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d1f",
	"#56b4e9", "#7b4fb5", "#5f6b76"];
const bound_colour = "#b42318";

function make(parent, tag, text, style) {
	const element = document.createElement(tag);

	if (text !== undefined)
		element.textContent = text;
	if (style)
		element.className = style;
	parent.appendChild(element);
	return element;
}

/* 4310 -> "4.31 us" */
function time(ns) {
	const units = ["ns", "\u00b5s", "ms", "s"];
	let i = 0;

	while (Math.abs(ns) >= 999.5 && i < 3) {
		ns /= 1000;
		i++;
	}
	const size = Math.abs(ns);
	return ns.toFixed(i === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2) +
		" " + units[i];
}

function count(n) {
	return n.toLocaleString("en");
}

/* Ticks of a logarithmic axis: 1, 2, 5, 10... only where there is room. */
function decades(value) {
	const lead = value / Math.pow(10, Math.floor(Math.log10(value) + 1e-9));

	return [1, 2, 5].some((n) => Math.abs(lead - n) < 1e-6) ?
		time(value).replace(/\.0+ /, " ") : "";
}

/* The axis ends at a tick above all lines, so that none runs along its edge. */
function room_above(scale) {
	const lead = Math.pow(10, Math.floor(Math.log10(scale.max)));

	scale.max = lead * [1, 2, 5, 10, 20].find((n) => lead * n > scale.max);
}

/* 0 -> 0 %, 1 -> 90 %, 2 -> 99 %, 3 -> 99.9 % */
function nines(x) {
	if (x === 0)
		return "0 %";
	if (!Number.isInteger(x))
		return "";
	return (100 - 100 / Math.pow(10, x)).toFixed(Math.max(0, x - 2)) + " %";
}

function level(x) {
	return (100 - 100 / Math.pow(10, x)).toFixed(Math.max(1, Math.ceil(x))) +
		" %";
}

function axis(text, more) {
	return Object.assign({
		title: {display: true, text: text, color: "#3e4c59",
			font: {size: 13}},
		ticks: {color: "#52606d"},
		grid: {color: "#e9edf1"},
	}, more);
}

function card(parent, title, note) {
	const element = make(parent, "div", undefined, "card");
	const head = make(element, "div", undefined, "head");

	make(head, "h3", title);
	if (note)
		make(head, "span", note, "quiet");
	return element;
}

function plot(parent, height, config) {
	const box = make(parent, "div", undefined, "plot");

	box.style.height = height + "px";
	config.options = Object.assign({
		responsive: true,
		maintainAspectRatio: false,
		animation: false,
		normalized: true,
	}, config.options);
	/* A key of no height shows lines as they are, dashed or not. */
	config.options.plugins = Object.assign({
		legend: {position: "top", align: "end", labels:
			config.type === "bar" ? {boxWidth: 14, boxHeight: 9} :
				{boxWidth: 26, boxHeight: 0}},
	}, config.options.plugins);
	return new Chart(make(box, "canvas"), config);
}

function line(label, colour, points, more) {
	return Object.assign({
		label: label,
		data: points,
		borderColor: colour,
		backgroundColor: colour,
		borderWidth: 2,
		pointRadius: 0,
		pointHitRadius: 8,
		showLine: true,
	}, more);
}

/* How much of all is at most so long: lines over 0 %, 90 %, 99 %... */
function plot_percentiles(parent, height, sets, what) {
	return plot(parent, height, {
		type: "scatter",
		data: {datasets: sets},
		options: {
			interaction: {mode: "nearest", intersect: false},
			scales: {
				x: axis("percentile", {min: 0, ticks: {
					color: "#52606d", stepSize: 1,
					callback: nines}}),
				y: axis(what, {type: "logarithmic",
					afterDataLimits: room_above,
					ticks: {color: "#52606d",
						callback: decades}}),
			},
			plugins: {tooltip: {callbacks: {label: (item) =>
				item.dataset.label + ": " + level(item.raw.x) +
				" are at most " + time(item.raw.y)}}},
		},
	});
}

function draw_footer(parent, note) {
	const foot = make(parent, "footer", undefined, "quiet");

	make(foot, "p", note + " The pictures are drawn by Chart.js " +
		Chart.version + ", which is part of this file.");
	const licence = make(foot, "details");

	make(licence, "summary", "Licence of Chart.js");
	make(licence, "pre", document.getElementById("licence").textContent);
}

function draw_head(title, subtitle) {
	const main = document.getElementById("main");

	Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
	Chart.defaults.font.size = 12.5;
	make(main, "h1", title);
	make(main, "p", subtitle, "quiet");
	return main;
}
