// SPDX-License-Identifier: Apache-2.0
//
// XML from malls. Beyond memory faults: texts and names are UTF-8, depth is bounded, links are
// whole; what was read, written and read again is the same.
#include "fuzz.h"

#include "base/xml.h"

static void write_node(struct buf *out, const struct xml_node *node, int depth)
{
    require(depth <= 64 && node->name.n && str_is_utf8(node->name) && str_is_utf8(node->text));
    buf_addf(out, "<%.*s>", STR_ARG(node->name));
    xml_add_text(out, node->text);
    const struct xml_node *last = NULL;
    for (const struct xml_node *child = node->first_child; child; child = child->next) {
        require(child->parent == node);
        last = child;
        write_node(out, child, depth + 1);
    }
    require(last == node->last_child);
    buf_addf(out, "</%.*s>", STR_ARG(node->name));
    for (const struct xml_attribute *a = node->attributes; a; a = a->next)
        require(a->name.n && str_is_utf8(a->name) && str_is_utf8(a->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new(64 << 20);
    AUTO_BUF first = buf_make(64 << 20), second = buf_make(64 << 20);
    struct error error = {0};
    struct xml_node *root;
    if (!arena)
        return 0;
    if (!xml_parse(arena, fuzz_text(data, size), &root, &error)) {
        require(error.class == ERROR_MALFORMED && error.what_ja[0] && error.what_en[0] && !root);
        return 0;
    }
    write_node(&first, root, 1);
    require(!first.failed);
    require(xml_parse(arena, buf_str(&first), &root, &error));
    write_node(&second, root, 1);
    require(str_eq(buf_str(&first), buf_str(&second)));
    buf_reset(&second);
    buf_add(&second, STR("<a>"));
    xml_add_cdata(&second, "b", fuzz_text(data, size));
    buf_add(&second, STR("</a>"));
    require(xml_parse(arena, buf_str(&second), &root, &error));
    return 0;
}
