package io.cachefs.cli.json;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns records into what {@link Json} writes, and back: each component under its name. */
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

  /**
   * Makes a record of flags, numbers, texts and durations out of what {@link #of} gave for one.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static <R extends Record> R to(Class<R> type, Map<?, ?> json) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    @Nullable Object[] values = new @Nullable Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = value(types[i], components[i].getName(), json.get(components[i].getName()));
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("not a " + type.getSimpleName() + ": " + json, e);
    }
  }

  private static @Nullable Object value(Class<?> type, String name, @Nullable Object value) {
    if (value == null && !type.isPrimitive()) {
      return null;
    }
    if (value instanceof Long number && (type == int.class || type == Integer.class)) {
      if (number.intValue() != number) {
        throw new IllegalArgumentException(name + " is " + number);
      }
      return number.intValue();
    }
    if (value instanceof String text && type == Duration.class) {
      try {
        return Duration.parse(text);
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException(name + " is no duration: " + text, e);
      }
    }
    boolean fits =
        (type == long.class && value instanceof Long)
            || (type == boolean.class && value instanceof Boolean)
            || type.isInstance(value);
    if (!fits) {
      throw new IllegalArgumentException(name + " is " + value);
    }
    return value;
  }
}
