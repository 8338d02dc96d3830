// Pages work without this script. It adds copy buttons, times of this place that go on,
// new logins as they come, a search as you type, a verdict as you paste, and shortcuts.
"use strict";

function element(name, properties) {
	return Object.assign(document.createElement(name), properties);
}

// newStatus returns a line whose changes screen readers say.
function newStatus() {
	const said = element("span", {className: "quiet"});
	said.setAttribute("role", "status");
	return said;
}

async function copy(block) {
	try {
		await navigator.clipboard.writeText(block.value ?? block.textContent);
		return true;
	} catch { // no permission, or an address that is not secure
		if (block.select) block.select();
		else getSelection().selectAllChildren(block);
		return document.execCommand("copy");
	}
}

function addCopyButtons(root) {
	for (const block of root.querySelectorAll("[data-copy]")) {
		const button = element("button", {type: "button", className: "plain small copy", textContent: "Copy " + block.dataset.copy});
		const said = newStatus();
		button.addEventListener("click", async () => {
			said.textContent = await copy(block) ? "Copied" : "Press Ctrl+C";
		});
		block.after(button, " ", said);
	}
}

function addLocalTimes(root) {
	for (const time of root.querySelectorAll("time[datetime]")) {
		const at = new Date(time.dateTime);
		if (at.getTimezoneOffset() === 0 || isNaN(at)) continue;
		const local = at.toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZoneName: "short"});
		if (time.title) time.title += ", " + local;
		else time.after(" ", element("span", {className: "local", textContent: local}));
	}
}

// inWords writes seconds as the server does: in the largest unit, and seconds up to 90.
function inWords(seconds) {
	if (seconds > 36 * 3600) return Math.round(seconds / 86400) + " days";
	if (seconds > 90 * 60) return Math.round(seconds / 3600) + " h";
	if (seconds > 90) return Math.round(seconds / 60) + " min";
	return Math.round(seconds) + " s";
}

// tick lets the times in words go on, by the server's clock.
function tick() {
	const now = Number(document.body.dataset.now) + performance.now();
	for (const time of document.querySelectorAll("time[title]")) {
		const seconds = (new Date(time.dateTime) - now) / 1000;
		const words = Math.abs(seconds) < 0.5 ? "now" : seconds < 0 ? inWords(-seconds) + " ago" : "in " + inWords(seconds);
		if (time.textContent !== words) time.textContent = words;
	}
}

// load returns a page of the community, or nothing if that does not answer.
async function load(address, options) {
	try {
		const answer = await fetch(address, options);
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		addLocalTimes(page);
		return page;
	} catch {
		return null;
	}
}

const silence = "The community does not answer.";

// afterPause returns a listener that asks for a page when the typing pauses, and shows
// it unless something was typed since.
function afterPause(pause, ask, show) {
	let timer, asked = 0;
	return event => {
		const mine = ++asked;
		clearTimeout(timer);
		timer = setTimeout(async () => {
			const page = await ask(event);
			if (mine === asked) show(page);
		}, pause);
	};
}

function searchAsYouType() {
	const form = document.querySelector("form.search"), results = document.querySelector("#results");
	if (!form || !results) return;
	const said = newStatus();
	form.append(said);
	let address;
	form.addEventListener("formdata", ({formData}) => {
		for (const [name, value] of [...formData]) if (!value.trim()) formData.delete(name);
	});
	const ask = () => load(address = location.pathname + "?" + new URLSearchParams(new FormData(form)));
	const listener = afterPause(150, ask, page => {
		said.className = page ? "unseen" : "quiet"; // the results show it
		said.textContent = page ? page.querySelector("#results :is(caption, p:not(.showall))")?.textContent ?? "" : silence;
		if (!page) return;
		history.replaceState(null, "", address.replace(/\?$/, ""));
		results.replaceChildren(...page.querySelector("#results").childNodes);
	});
	form.addEventListener("input", event => event.target.name && listener());
}

const rowsIn = list => [...list.querySelectorAll("tbody tr")];
const numberOf = row => Number(row.querySelector("th a").pathname.split("/").pop());

// merge puts new rows above those that are there, which stay what they are: somebody may
// be in them by keyboard, or about to press the mouse's button.
function merge(list, fresh) {
	const old = new Map(rowsIn(list).map(row => [numberOf(row), row]));
	const added = rowsIn(fresh).filter(row => !old.delete(numberOf(row)));
	const body = list.querySelector("tbody");
	if (!body || !fresh.querySelector("tbody")) {
		list.replaceChildren(...fresh.childNodes);
		return;
	}
	if (!added.length) return;
	body.prepend(...added);
	for (const row of old.values()) if (!row.contains(document.activeElement)) row.remove();
	list.querySelector("caption").replaceWith(fresh.querySelector("caption"));
	list.querySelector(".pager")?.remove();
	list.append(...fresh.querySelectorAll(".pager"));
}

// showNewLogins asks for this page again. A login that is new is marked, and counted in
// the title, until the pointer or the focus was on it.
function showNewLogins() {
	const list = document.querySelector("[data-live]");
	if (!list) return;
	const box = element("input", {type: "checkbox", id: "live", checked: localStorage.getItem("live") !== "off"});
	const said = newStatus(), line = element("span", {className: "switch"}), title = document.title;
	line.append(box, " ", element("label", {htmlFor: "live", textContent: list.dataset.live}), " ", said);
	document.querySelector("form.search").append(line);
	box.addEventListener("change", () => localStorage.setItem("live", box.checked ? "on" : "off"));

	const unseen = new Set();
	const mark = () => {
		for (const row of rowsIn(list)) {
			const isNew = unseen.has(numberOf(row)), badge = row.querySelector(".mark");
			row.classList.toggle("new", isNew);
			if (!isNew) badge?.remove();
			else if (!badge) row.querySelector("th").append(" ", element("span", {className: "mark", role: "img", ariaLabel: "new", title: "new", textContent: "●"}));
		}
		document.title = (unseen.size ? `(${unseen.size}) ` : "") + title;
	};
	const see = event => {
		const row = event.target.closest("tr.new");
		if (row && unseen.delete(numberOf(row))) mark();
	};
	list.addEventListener("pointerover", see);
	list.addEventListener("focusin", see);

	let last = Number(list.dataset.last);
	setInterval(async () => {
		if (!box.checked) return;
		const asked = location.href, fresh = (await load(asked))?.querySelector("[data-live]");
		if (asked !== location.href) return; // it was searched since
		if (!fresh) {
			said.textContent = silence;
			return;
		}
		if (said.textContent === silence) said.textContent = "";
		const arrived = rowsIn(fresh).map(numberOf).filter(number => number > last);
		arrived.forEach(number => unseen.add(number));
		if (arrived.length) said.textContent = arrived.length === 1 ? `Login ${arrived[0]} is new.` : arrived.length + " logins are new.";
		if (Number(fresh.dataset.last) < last) { // it was reset
			unseen.clear();
			list.replaceChildren(...fresh.childNodes);
		} else {
			merge(list, fresh);
		}
		last = Number(fresh.dataset.last);
		mark();
	}, 2000);
}

// showLaterLogin asks for the links of a login's page to others when somebody comes back to it.
function showLaterLogin() {
	const around = document.querySelector("main .around");
	if (around) addEventListener("focus", async () => {
		const fresh = (await load(location.href))?.querySelector(".around");
		if (fresh && fresh.textContent !== around.textContent) around.replaceChildren(...fresh.childNodes);
	});
}

function inspectAsYouPaste() {
	const box = document.querySelector("#pasted");
	if (!box) return;
	const said = newStatus();
	box.form.append(said);
	const ask = () => box.value.trim() && load(box.form.action, {method: "POST", body: new URLSearchParams(new FormData(box.form))});
	box.addEventListener("input", afterPause(300, ask, page => {
		const result = page ? page.querySelector("#result") : element("div", {id: "result"});
		document.querySelector("#result").replaceWith(result);
		addCopyButtons(result);
		const wrong = result.querySelector("#problem");
		if (wrong) box.setAttribute("aria-invalid", "true");
		else box.removeAttribute("aria-invalid");
		said.className = page === null ? "quiet" : "unseen"; // the result shows it
		said.textContent = page === null ? silence : result.querySelector("h2, #problem")?.textContent ?? "";
	}));
}

// openRow makes a click in a row one on its first link, with Ctrl if that was pressed.
function openRow(event) {
	const row = event.target.closest(".stack tbody tr");
	if (!row || event.target.closest("a, summary") || getSelection().type === "Range") return;
	row.querySelector("th a").dispatchEvent(new MouseEvent("click", event));
}

// keepFolds opens on the page of a login what was opened on another.
function keepFolds() {
	const open = new Set(JSON.parse(sessionStorage.getItem("folds") ?? "[]"));
	for (const fold of document.querySelectorAll("details.fold:has(h2)")) {
		const {id} = fold.querySelector("h2");
		if (open.has(id)) fold.open = true;
		fold.querySelector("summary").addEventListener("click", () => {
			if (fold.open) open.delete(id);
			else open.add(id);
			sessionStorage.setItem("folds", JSON.stringify([...open]));
		});
	}
}

// keepFound remembers the logins of a search, for step.
function keepFound() {
	const rows = document.querySelectorAll("#results .logins th a");
	sessionStorage.setItem("found", JSON.stringify(location.search ? [...rows].map(link => link.pathname) : []));
}

// step goes to another row, at first from the login that was last opened. On the page of
// a login it goes to the page of another, of those that a search found if it was one of them.
function step(by) {
	const found = JSON.parse(sessionStorage.getItem("found") ?? "[]"), here = found.indexOf(location.pathname);
	if (here >= 0) {
		if (found[here + by]) location.assign(found[here + by]);
		return;
	}
	const link = document.querySelector(by > 0 ? "main a[rel=next]" : "main a[rel=prev]");
	if (link) return link.click();
	const stops = [...document.querySelectorAll("main tbody th a")];
	let at = stops.findIndex(stop => stop.closest("tr").contains(document.activeElement));
	if (at < 0) at = stops.findIndex(stop => stop.pathname === sessionStorage.getItem("opened"));
	stops[Math.min(Math.max(at + by, 0), stops.length - 1)]?.focus();
}

// addShortcuts makes single keys work outside of fields. Its help can switch them off.
function addShortcuts() {
	const help = document.querySelector("#shortcuts"), opener = document.querySelector("#open-shortcuts");
	if (!help) return;
	const box = help.querySelector("#keys");
	box.checked = localStorage.getItem("keys") !== "off";
	box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
	opener.hidden = false;
	opener.addEventListener("click", () => help.showModal());
	const shortcuts = {
		"j": () => step(1),
		"k": () => step(-1),
		"/": () => document.querySelector("#q, #pasted")?.focus(),
		"?": () => help.showModal(),
	};
	addEventListener("keydown", event => {
		const inField = event.target.closest?.("input:not([type=checkbox]), textarea, select");
		if (event.key === "Escape" && inField && !inField.value) inField.blur();
		const withOthers = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
		if (inField || withOthers || !box.checked || help.open || !Object.hasOwn(shortcuts, event.key)) return;
		event.preventDefault();
		shortcuts[event.key]();
	});
}

if (document.querySelector("main .around")) sessionStorage.setItem("opened", location.pathname);
addCopyButtons(document);
addLocalTimes(document);
setInterval(tick, 1000);
searchAsYouType();
showNewLogins();
showLaterLogin();
keepFolds();
if (document.querySelector("#results")) addEventListener("pagehide", keepFound);
inspectAsYouPaste();
addShortcuts();
addEventListener("click", openRow);
document.querySelector("[aria-invalid]")?.focus();
