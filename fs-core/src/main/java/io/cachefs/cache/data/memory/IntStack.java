package io.cachefs.cache.data.memory;

import java.util.Arrays;

/** Numbers, the last put first. Not thread-safe. */
final class IntStack {
  private int[] numbers = new int[16];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  void push(int number) {
    if (size == numbers.length) {
      numbers = Arrays.copyOf(numbers, size * 2);
    }
    numbers[size++] = number;
  }

  int pop() {
    return numbers[--size];
  }

  /** Removes the numbers above {@code low}, up to {@code high}. */
  void removeBetween(int low, int high) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (numbers[i] <= low || numbers[i] > high) {
        numbers[kept++] = numbers[i];
      }
    }
    size = kept;
  }
}
