package io.cachefs.cli.json;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns records into what {@link Json} writes: each component under its name, in order. */
public final class RecordJson {
  private RecordJson() {}

  public static Map<String, @Nullable Object> of(Record record) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      json.put(component.getName(), value(record, component));
    }
    return json;
  }

  private static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof Record nested) {
      return of(nested);
    } else if (value instanceof List<?> list) {
      List<@Nullable Object> all = new ArrayList<>();
      list.forEach(each -> all.add(plain(each)));
      return all;
    }
    boolean plain = value == null || value instanceof Number || value instanceof Boolean;
    return plain ? value : String.valueOf(value);
  }

  private static @Nullable Object value(Record record, RecordComponent component) {
    try {
      Object value = component.getAccessor().invoke(record);
      return plain(value);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalArgumentException("not a public record: " + record.getClass(), e);
    }
  }
}
