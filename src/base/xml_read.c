// SPDX-License-Identifier: Apache-2.0
//
// Reading XML: libxml2's SAX2 events built into a small tree.
//
// Invariants: libxml2 never opens a file or a connection (XML_PARSE_NONET, and a DOCTYPE ends the
// parse before an entity can be declared), so there is nothing to expand. Depth is bounded before
// a node is made. The first fault wins; after it no callback does anything.
// Ownership: nodes and texts live in the caller's arena; libxml2's context lives for the call.
// Threads: any number of parses at once.
#include "base/xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <pthread.h>

#define DEPTH_MAX 64
#define BYTES_MAX (64 * 1024 * 1024)

// Character data comes in pieces; they are joined with room that doubles, so that a text of many
// pieces costs no more than a few times its size.
struct level {
    struct xml_node *node;
    char *text;
    size_t n, capacity;
};

struct builder {
    struct arena *arena;
    xmlParserCtxtPtr context;
    struct error *error;
    struct xml_node *root;
    int depth;
    bool failed;
    struct level levels[DEPTH_MAX];
};

static bool stop(struct builder *b)
{
    b->failed = true;
    xmlStopParser(b->context);
    return false;
}

static void no_memory(struct builder *b)
{
    if (b->failed)
        return;
    error_no_memory(b->error);
    stop(b);
}

static struct str text_of(const xmlChar *p)
{
    return str_from((const char *)p);
}

static struct xml_attribute *make_attributes(struct builder *b, int count, const xmlChar **values)
{
    struct xml_attribute *first = NULL, **link = &first;
    // Five entries each: local name, prefix, URI, value, end of value.
    for (int i = 0; i < count; i++, values += 5) {
        struct xml_attribute *attribute = ARENA_NEW(b->arena, struct xml_attribute);
        if (!attribute)
            return NULL;
        attribute->name = str_dup(b->arena, text_of(values[0]));
        attribute->value =
            str_dup(b->arena, str_make((const char *)values[3], (size_t)(values[4] - values[3])));
        *link = attribute;
        link = &attribute->next;
    }
    return first;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespace_count, const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **attributes)
{
    struct builder *b = context;
    if (b->failed)
        return;
    if (b->depth == DEPTH_MAX) {
        error_set(b->error, ERROR_MALFORMED, "xml.too_deep", "XMLの入れ子が深すぎます（%d行目）",
                  "The XML is nested too deeply (line %d)", xmlSAX2GetLineNumber(b->context));
        stop(b);
        return;
    }
    struct xml_node *node = ARENA_NEW(b->arena, struct xml_node);
    if (!node) {
        no_memory(b);
        return;
    }
    node->name = str_dup(b->arena, text_of(name));
    node->text = STR("");
    node->attributes = make_attributes(b, attribute_count, attributes);
    if (b->depth > 0) {
        struct xml_node *parent = b->levels[b->depth - 1].node;
        node->parent = parent;
        if (parent->last_child)
            parent->last_child->next = node;
        else
            parent->first_child = node;
        parent->last_child = node;
    } else {
        b->root = node;
    }
    b->levels[b->depth++] = (struct level){.node = node};
    if (arena_failed(b->arena))
        no_memory(b);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct builder *b = context;
    if (b->failed || b->depth == 0)
        return;
    struct level *level = &b->levels[--b->depth];
    if (level->n)
        level->node->text = str_make(level->text, level->n);
}

static void on_text(void *context, const xmlChar *text, int length)
{
    struct builder *b = context;
    if (b->failed || b->depth == 0 || length <= 0)
        return;
    struct level *level = &b->levels[b->depth - 1];
    size_t n = (size_t)length;
    if (n > level->capacity - level->n) {
        size_t capacity = level->capacity ? 2 * level->capacity : n;
        while (capacity < level->n + n)
            capacity *= 2;
        char *p = arena_alloc(b->arena, capacity);
        if (!p) {
            no_memory(b);
            return;
        }
        if (level->n)
            memcpy(p, level->text, level->n);
        level->text = p;
        level->capacity = capacity;
    }
    memcpy(level->text + level->n, text, n);
    level->n += n;
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *external_id,
                       const xmlChar *system_id)
{
    struct builder *b = context;
    if (b->failed)
        return;
    error_set(b->error, ERROR_MALFORMED, "xml.doctype",
              "XMLにDOCTYPE宣言があるため、安全のため読み取りません",
              "The XML has a DOCTYPE declaration and is refused for safety");
    stop(b);
}

static void on_error(void *context, xmlErrorPtr fault)
{
    struct builder *b = context;
    if (b->failed || fault->level < XML_ERR_ERROR)
        return;
    if (fault->code == XML_ERR_NO_MEMORY) {
        no_memory(b);
        return;
    }
    // A prefix that nobody declared matters to no reader of local names.
    if (fault->domain == XML_FROM_NAMESPACE && fault->code == XML_NS_ERR_UNDEFINED_NAMESPACE)
        return;
    error_set(b->error, ERROR_MALFORMED, "xml.malformed", "XMLを読み取れません（%d行目）",
              "The XML can't be read (line %d)", fault->line);
    char code[16];
    struct str number = str_make(code, (size_t)snprintf(code, sizeof code, "%d", fault->code));
    // libxml2's message may quote the document, which may be a person's data: only its code is
    // kept.
    error_peer(b->error, 0, number, STR_ABSENT);
    stop(b);
}

static void initialise(void)
{
    xmlInitParser();
}

static bool run(struct builder *b, struct str text)
{
    // NOENT: without it libxml2 leaves "&amp;" in attributes as "&#38;". Only the five entities of
    // XML itself can exist here.
    xmlCtxtReadMemory(b->context, text.p, (int)text.n, NULL, "UTF-8",
                      XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC |
                          XML_PARSE_NOWARNING);
    if (b->failed)
        return false;
    if (!b->context->wellFormed || !b->root || b->depth != 0)
        return error_set(b->error, ERROR_MALFORMED, "xml.malformed", "XMLを読み取れません",
                         "The XML can't be read");
    return true;
}

bool xml_parse(struct arena *arena, struct str text, struct xml_node **root, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initialise);
    *root = NULL;
    if (text.n > BYTES_MAX)
        return error_set(error, ERROR_NO_MEMORY, "xml.too_large", "XMLが大きすぎます（%zuバイト）",
                         "The XML is too large (%zu bytes)", text.n);
    if (text.n == 0)
        return error_set(error, ERROR_MALFORMED, "xml.malformed", "XMLが空です",
                         "The XML is empty");
    // libxml2 takes a NUL for the end and would ignore what follows it.
    if (memchr(text.p, '\0', text.n))
        return error_set(error, ERROR_MALFORMED, "xml.malformed",
                         "XMLの中に空文字（NUL）があります", "The XML has a NUL character");
    struct builder b = {.arena = arena, .error = error};
    b.context = xmlNewParserCtxt();
    if (!b.context)
        return error_no_memory(error);
    *b.context->sax = (xmlSAXHandler){
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_doctype,
        .serror = on_error,
    };
    b.context->userData = &b;
    bool done = run(&b, text);
    xmlFreeParserCtxt(b.context);
    if (done)
        *root = b.root;
    return done;
}

struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
    struct str wanted = str_from(name);
    struct xml_node *child = node ? node->first_child : NULL;
    while (child && !str_eq(child->name, wanted))
        child = child->next;
    return child;
}

struct xml_node *xml_next(const struct xml_node *node)
{
    struct xml_node *next = node ? node->next : NULL;
    while (next && !str_eq(next->name, node->name))
        next = next->next;
    return next;
}

struct str xml_child_text(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = xml_child(node, name);
    struct str text = child ? str_trim(child->text) : STR_ABSENT;
    return text.n ? text : STR_ABSENT;
}

struct str xml_attribute_value(const struct xml_node *node, const char *name)
{
    struct str wanted = str_from(name);
    for (const struct xml_attribute *a = node ? node->attributes : NULL; a; a = a->next)
        if (str_eq(a->name, wanted))
            return a->value;
    return STR_ABSENT;
}
