// SPDX-License-Identifier: Apache-2.0
//
// Reading XML (libxml2 SAX2: no network, no entities of its own, no DTD, depth ≤ 64) into a small
// tree, and writing it. Names are local names: prefixes and namespaces are dropped.
#ifndef JUCHU_BASE_XML_H
#define JUCHU_BASE_XML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

struct xml_attribute {
    struct str name, value;
    struct xml_attribute *next;
};

struct xml_node {
    struct str name;
    struct str text; // all character data directly inside, CDATA included, joined; "" if none
    struct xml_attribute *attributes;
    struct xml_node *parent, *first_child, *last_child, *next;
};

// Parses a whole UTF-8 document (the encoding that it declares is ignored: whoever read the bytes
// has converted them); everything lives in `arena`. ERROR_MALFORMED ("xml.malformed",
// "xml.doctype", "xml.too_deep") otherwise.
bool xml_parse(struct arena *arena, struct str text, struct xml_node **root, struct error *error);
// First child of that name, or NULL; NULL-safe.
struct xml_node *xml_child(const struct xml_node *node, const char *name);
// Next sibling of the same name, or NULL.
struct xml_node *xml_next(const struct xml_node *node);
// Trimmed text of the child; STR_ABSENT when there is no such child or it is empty.
struct str xml_child_text(const struct xml_node *node, const char *name);
struct str xml_attribute_value(const struct xml_node *node, const char *name);

// Character data and attribute values with &, <, >, " escaped; control characters that XML 1.0
// forbids are dropped.
void xml_add_text(struct buf *out, struct str text);
// <name>text</name>; an absent text writes <name/>.
void xml_add_element(struct buf *out, const char *name, struct str text);
// <name><![CDATA[text]]></name>, with "]]>" split.
void xml_add_cdata(struct buf *out, const char *name, struct str text);

#endif
