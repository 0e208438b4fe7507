//! The arrows between the files of a crate, read from its tokens.
//!
//! A file has an arrow to every other file that defines a name it uses. Names are followed through re-exports to where they are
//! defined; what is found there by method syntax alone is not seen, unless it is of a trait that is imported. Comments,
//! documentation and items under `#[cfg(test)]` are no arrows, and neither is what a file only declares (`mod x;`) or re-exports
//! from its own room (`pub use x::Name;`): a `mod.rs` may list its children, and these may use what it defines, as long as no
//! code in it uses what the children define.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as it is written, segment by segment.
type Path = Vec<String>;

/// What one file declares, imports and mentions.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) lines: usize,
    declares: BTreeSet<String>,
    /// The paths that a name is imported from; several if that depends on features.
    imports: BTreeMap<String, Vec<Path>>,
    /// Paths imported for this file alone.
    private: Vec<Path>,
    /// Paths imported for others to take from here.
    re_exported: Vec<Path>,
    /// Paths in code; of a single segment only names of types and what is called.
    mentioned: BTreeSet<Path>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let mut source = Self { lines: text.lines().count(), ..Self::default() };
        let tokens: TokenStream = text.parse().expect("a source file is Rust");
        source.scan(tokens);
        source
    }

    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if is(&tokens, at, "#") {
                let attribute = if is(&tokens, at + 1, "!") { at + 2 } else { at + 1 };
                let is_test = group(&tokens, attribute)
                    .is_some_and(|group| group.to_string().replace(' ', "") == "cfg(test)");
                at = if is_test { after_item(&tokens, attribute + 1) } else { attribute + 1 };
            } else if is(&tokens, at, "use") && !is(&tokens, at + 1, "<") {
                let end = (at..tokens.len()).find(|&end| is(&tokens, end, ";")).expect("an import ends");
                let is_private = at == 0
                    || !(is(&tokens, at - 1, "pub")
                        || at > 1 && is(&tokens, at - 2, "pub") && group(&tokens, at - 1).is_some());
                self.import(&tokens[at + 1..end], &[], is_private);
                at = end + 1;
            } else if is(&tokens, at, "mod") {
                assert!(is(&tokens, at + 2, ";"), "a module of its own needs a file of its own");
                self.declares.insert(tokens[at + 1].to_string());
                at += 3;
            } else if let TokenTree::Group(group) = &tokens[at] {
                self.scan(group.stream());
                at += 1;
            } else if matches!(tokens[at], TokenTree::Ident(_)) {
                at = self.mention(&tokens, at);
            } else {
                at += 1;
            }
        }
    }

    /// Takes in one tree of an import, below `prefix`.
    fn import(&mut self, tree: &[TokenTree], prefix: &[String], is_private: bool) {
        let (mut path, mut at) = (prefix.to_vec(), 0);
        while let Some(token) = tree.get(at) {
            if let TokenTree::Group(group) = token {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for tree in inner.split(|token| token.to_string() == ",").filter(|tree| !tree.is_empty()) {
                    self.import(tree, &path, is_private);
                }
                return;
            }
            let text = token.to_string();
            if text == "as" {
                return self.bind(&tree[at + 1].to_string(), path, is_private);
            }
            if text != ":" {
                path.push(text);
            }
            at += 1;
        }
        if path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if let Some(name) = path.last().cloned() {
            self.bind(&name, path, is_private);
        }
    }

    fn bind(&mut self, name: &str, path: Path, is_private: bool) {
        let inside = ["crate", "super", "self"].contains(&path[0].as_str());
        assert!(!(name == "*" && inside), "{path:?}: names are imported one by one");
        if is_private { &mut self.private } else { &mut self.re_exported }.push(path.clone());
        self.imports.entry(name.to_owned()).or_default().push(path);
    }

    /// Takes in the path that begins at an identifier; where it ends.
    fn mention(&mut self, tokens: &[TokenTree], first: usize) -> usize {
        let mut path = vec![tokens[first].to_string()];
        let mut at = first + 1;
        while is(tokens, at, ":")
            && is(tokens, at + 1, ":")
            && matches!(tokens.get(at + 2), Some(TokenTree::Ident(_)))
        {
            path.push(tokens[at + 2].to_string());
            at += 3;
        }
        let follows = |text: &str| first > 0 && is(tokens, first - 1, text);
        let is_path_inside = follows(":") && first > 1 && is(tokens, first - 2, ":");
        let is_called = matches!(tokens.get(at), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis)
            || is(tokens, at, "!")
            || is(tokens, at, ":") && is(tokens, at + 1, ":");
        let is_named = path.len() > 1 || path[0].starts_with(char::is_uppercase) || is_called;
        let is_field = follows(".") && !(first > 1 && is(tokens, first - 2, "."));
        if is_named && !is_field && !follows("fn") && !follows("'") && !is_path_inside {
            self.mentioned.insert(path);
        }
        at
    }
}

fn is(tokens: &[TokenTree], at: usize, text: &str) -> bool {
    match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => ident == text,
        Some(TokenTree::Punct(punct)) => text.len() == 1 && text.starts_with(punct.as_char()),
        _ => false,
    }
}

fn group(tokens: &[TokenTree], at: usize) -> Option<TokenStream> {
    match tokens.get(at) {
        Some(TokenTree::Group(group)) => Some(group.stream()),
        _ => None,
    }
}

/// Where the item that begins at `at` ends: at its semicolon or its block.
fn after_item(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => token.to_string() == ";",
    };
    (at..tokens.len()).find(|&at| ends(&tokens[at])).map_or(tokens.len(), |end| end + 1)
}

/// The files of a crate, by path from its root: `graph/form.rs`.
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, Source>,
    pub(crate) root: &'static str,
}

/// What a path leads to.
enum Place {
    Module(String),
    Item(String),
}

impl Tree {
    pub(crate) fn new(root: &'static str, files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files = files.into_iter().map(|(path, text)| (path, Source::read(&text))).collect();
        Self { files, root }
    }

    /// The files that each file has arrows to, with the names they are for.
    pub(crate) fn arrows(&self) -> BTreeMap<&str, BTreeMap<String, BTreeSet<String>>> {
        self.files.keys().map(|file| (file.as_str(), self.arrows_from(file))).collect()
    }

    fn arrows_from(&self, file: &str) -> BTreeMap<String, BTreeSet<String>> {
        let source = &self.files[file];
        let foreign = |to: &str| room_of(to) != room_of(file) && file != self.root;
        let used = source.private.iter().chain(&source.mentioned).map(|path| (path, false));
        let mut arrows = BTreeMap::<String, BTreeSet<String>>::new();
        for (path, is_re_export) in used.chain(source.re_exported.iter().map(|path| (path, true))) {
            for place in self.resolve(file, path, 0) {
                if let Place::Item(to) = place
                    && to != file
                    && (!is_re_export || foreign(&to))
                {
                    arrows.entry(to).or_default().insert(path.join("::"));
                }
            }
        }
        arrows
    }

    /// The paths into another crate, without its name, that each file imports or mentions.
    pub(crate) fn outside(&self, name: &str) -> BTreeSet<(&str, Path)> {
        let is_outside = |path: &&Path| path[0] == name && path.len() > 1;
        self.files
            .iter()
            .flat_map(|(file, source)| {
                let paths = source.private.iter().chain(&source.re_exported).chain(&source.mentioned);
                paths.filter(is_outside).map(move |path| (file.as_str(), path[1..].to_vec()))
            })
            .collect()
    }

    /// The files that a path from the root leads to.
    pub(crate) fn files_at(&self, path: &[String]) -> Vec<String> {
        let places = self.resolve(self.root, path, 0).into_iter();
        places.map(|(Place::Module(file) | Place::Item(file))| file).collect()
    }

    /// The places that a path written in `file` leads to; none if they are outside of the crate.
    fn resolve(&self, file: &str, path: &[String], depth: usize) -> Vec<Place> {
        assert!(depth < 20, "{file}: {path:?} leads nowhere");
        let mut module = file.to_owned();
        let mut rest = path;
        match rest[0].as_str() {
            "crate" => (module, rest) = (self.root.to_owned(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while let [first, others @ ..] = rest
                    && first == "super"
                {
                    (module, rest) = (self.parent_of(&module), others);
                }
            }
            first => {
                let source = &self.files[file];
                if !source.declares.contains(first) && !source.imports.contains_key(first) {
                    return Vec::new();
                }
            }
        }
        while let [name, others @ ..] = rest {
            let source = &self.files[&module];
            if source.declares.contains(name) {
                (module, rest) = (self.child_of(&module, name), others);
            } else if let Some(paths) = source.imports.get(name) {
                let targets = paths.iter().filter(|target| target[0] != *name);
                return targets
                    .flat_map(|target| self.resolve(&module, &[target, others].concat(), depth + 1))
                    .collect();
            } else {
                return vec![Place::Item(module)];
            }
        }
        vec![Place::Module(module)]
    }

    /// The folder that holds the children of a module: `graph/` for `graph/mod.rs`, `graph/form/` for `graph/form.rs`.
    fn folder_of(&self, file: &str) -> String {
        if file == self.root {
            return String::new();
        }
        match file.strip_suffix("mod.rs") {
            Some(folder) => folder.to_owned(),
            None => file.replace(".rs", "/"),
        }
    }

    fn child_of(&self, file: &str, name: &str) -> String {
        let stem = self.folder_of(file) + name;
        let candidates = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
        let found = candidates.into_iter().find(|path| self.files.contains_key(path));
        found.unwrap_or_else(|| panic!("{file}: there is no file of the module {name}"))
    }

    fn parent_of(&self, file: &str) -> String {
        let folder = self.folder_of(file);
        match folder.trim_end_matches('/').rsplit_once('/') {
            Some((parent, _)) => [format!("{parent}/mod.rs"), format!("{parent}.rs")]
                .into_iter()
                .find(|path| self.files.contains_key(path))
                .unwrap_or_else(|| panic!("{file} has no parent")),
            None => self.root.to_owned(),
        }
    }
}

/// The room of a file: the folder or file at the top that it is in.
pub(crate) fn room_of(file: &str) -> &str {
    let top = file.split('/').next().unwrap_or(file);
    top.strip_suffix(".rs").unwrap_or(top)
}

/// Groups of nodes that reach each other, each with the nodes in order; none if the arrows have no cycle.
pub(crate) fn circles<'a>(arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let reached_from = |start: &'a str| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(node) = open.pop() {
            open.extend(arrows.get(node).into_iter().flatten().copied().filter(|&next| reached.insert(next)));
        }
        reached
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|&node| (node, reached_from(node))).collect();
    let together =
        |a: &str, b: &str| reached[a].contains(b) && reached.get(b).is_some_and(|of_b| of_b.contains(a));
    let groups: BTreeSet<BTreeSet<&str>> = arrows
        .keys()
        .map(|&a| arrows.keys().copied().filter(|&b| together(a, b)).collect())
        .filter(|group: &BTreeSet<&str>| !group.is_empty())
        .collect();
    groups.into_iter().collect()
}
