import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Enhanced fan-out with one asynchronous client: pushes, refusals, takeover, a shard's end. */
final class FanOut {
  private static final String SHARD_0 = "shardId-000000000000";
  private static final String MIDDLE = BigInteger.ONE.shiftLeft(127).toString();

  private final KinesisAsyncClient kinesis;
  private final String stream;
  private final List<String> sent = new ArrayList<>();
  private String consumer = "";
  private Subscription current;

  FanOut(String way, KinesisAsyncClient kinesis) {
    this.kinesis = kinesis;
    this.stream = "java-" + way + "-fan-out";
  }

  /** What one subscription received so far. */
  private static final class Subscription {
    private final List<SubscribeToShardEvent> events = new ArrayList<>();
    private final CompletableFuture<Void> answered = new CompletableFuture<>();
    private CompletableFuture<Void> ended;

    synchronized void add(SubscribeToShardEvent event) {
      events.add(event);
    }

    synchronized List<SubscribeToShardEvent> events() {
      return List.copyOf(events);
    }

    List<String> texts() {
      return events().stream()
          .flatMap(event -> event.records().stream())
          .map(record -> record.data().asUtf8String())
          .collect(Collectors.toList());
    }

    SubscribeToShardEvent last() {
      List<SubscribeToShardEvent> all = events();
      return all.get(all.size() - 1);
    }
  }

  private static void that(boolean condition, Object details) {
    if (!condition) {
      throw new IllegalStateException(String.valueOf(details));
    }
  }

  private interface Condition {
    boolean holds();
  }

  private static void until(Condition condition, String what) throws InterruptedException {
    for (int tries = 0; !condition.holds(); tries++) {
      that(tries < 300, "timed out waiting until " + what);
      Thread.sleep(100);
    }
  }

  /** Subscribes and returns once the server said yes; throws what it said otherwise. */
  private Subscription subscribe(ShardIteratorType type, String number) {
    Subscription made = new Subscription();
    SubscribeToShardResponseHandler handler =
        SubscribeToShardResponseHandler.builder()
            .onResponse(response -> made.answered.complete(null))
            .onError(made.answered::completeExceptionally)
            .subscriber(
                SubscribeToShardResponseHandler.Visitor.builder()
                    .onSubscribeToShardEvent(made::add)
                    .build())
            .build();
    made.ended =
        kinesis.subscribeToShard(
            b ->
                b.consumerARN(consumer)
                    .shardId(SHARD_0)
                    .startingPosition(p -> p.type(type).sequenceNumber(number)),
            handler);
    made.ended.whenComplete(
        (none, error) -> {
          if (error != null) {
            made.answered.completeExceptionally(error);
          }
        });
    made.answered.join();
    return made;
  }

  private <T extends Exception> T refused(Class<T> type) {
    try {
      subscribe(ShardIteratorType.LATEST, null);
    } catch (CompletionException error) {
      Throwable cause = error;
      while (cause instanceof CompletionException && cause.getCause() != null) {
        cause = cause.getCause();
      }
      that(type.isInstance(cause), cause);
      return type.cast(cause);
    }
    throw new IllegalStateException("not refused");
  }

  private List<String> put(int count) {
    List<String> texts =
        IntStream.range(0, count)
            .mapToObj(n -> "record " + (sent.size() + n))
            .collect(Collectors.toList());
    List<PutRecordsRequestEntry> entries =
        texts.stream()
            .map(
                text ->
                    PutRecordsRequestEntry.builder()
                        .data(SdkBytes.fromUtf8String(text))
                        .partitionKey(text)
                        .build())
            .collect(Collectors.toList());
    that(
        kinesis.putRecords(b -> b.streamName(stream).records(entries)).join().failedRecordCount()
            == 0,
        "failed records");
    sent.addAll(texts);
    return texts;
  }

  private static void receives(Subscription subscription, List<String> wanted)
      throws InterruptedException {
    until(() -> subscription.texts().size() >= wanted.size(), "the records are pushed");
    that(subscription.texts().equals(wanted), subscription.texts());
  }

  void register() throws InterruptedException {
    kinesis.createStream(b -> b.streamName(stream).shardCount(1)).join();
    until(
        () ->
            kinesis.describeStream(b -> b.streamName(stream)).join().streamDescription()
                    .streamStatus()
                == StreamStatus.ACTIVE,
        "the stream is ACTIVE");
    String arn =
        kinesis.describeStream(b -> b.streamName(stream)).join().streamDescription().streamARN();
    consumer =
        kinesis
            .registerStreamConsumer(b -> b.streamARN(arn).consumerName("reader"))
            .join()
            .consumer()
            .consumerARN();
    until(
        () ->
            kinesis.describeStreamConsumer(b -> b.consumerARN(consumer)).join()
                    .consumerDescription()
                    .consumerStatus()
                == ConsumerStatus.ACTIVE,
        "the consumer is ACTIVE");
  }

  void pushes() throws InterruptedException {
    current = subscribe(ShardIteratorType.LATEST, null);
    List<String> wanted = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      wanted.addAll(put(20));
      receives(current, wanted);
    }
    for (SubscribeToShardEvent event : current.events()) {
      that(event.continuationSequenceNumber() != null && event.childShards().isEmpty(), event);
      that(event.millisBehindLatest() >= 0, event);
    }
  }

  void refusesSecond() {
    ResourceInUseException error = refused(ResourceInUseException.class);
    that(
        error
            .awsErrorDetails()
            .errorMessage()
            .startsWith("Another active subscription exists for this consumer: "),
        error);
  }

  void heartbeats() throws InterruptedException {
    int before = current.events().size();
    BigInteger number = new BigInteger(current.last().continuationSequenceNumber());
    until(() -> current.events().size() > before, "a heartbeat came");
    SubscribeToShardEvent beat = current.last();
    that(beat.records().isEmpty(), beat);
    that(new BigInteger(beat.continuationSequenceNumber()).compareTo(number) >= 0, beat);
  }

  void takesOver() throws InterruptedException {
    Thread.sleep(5100);
    Subscription older = current;
    current =
        subscribe(
            ShardIteratorType.AFTER_SEQUENCE_NUMBER, older.last().continuationSequenceNumber());
    until(older.ended::isDone, "the older subscription ended");
    receives(current, put(5));
  }

  void shardEnds() throws InterruptedException {
    kinesis
        .splitShard(
            b -> b.streamName(stream).shardToSplit(SHARD_0).newStartingHashKey(MIDDLE))
        .join();
    endsWell(current);
  }

  void readsClosedShard() throws InterruptedException {
    Thread.sleep(5100);
    Subscription whole = subscribe(ShardIteratorType.TRIM_HORIZON, null);
    endsWell(whole);
    that(whole.texts().equals(sent), whole.texts());
  }

  private static void endsWell(Subscription subscription) throws InterruptedException {
    until(subscription.ended::isDone, "the subscription ended");
    that(!subscription.ended.isCompletedExceptionally(), subscription.ended);
    SubscribeToShardEvent last = subscription.last();
    that(last.continuationSequenceNumber() == null, last);
    List<ChildShard> children = last.childShards();
    that(children.size() == 2, last);
    for (int n = 0; n < 2; n++) {
      that(children.get(n).shardId().equals("shardId-00000000000" + (n + 1)), last);
      that(children.get(n).parentShards().equals(List.of(SHARD_0)), last);
    }
    that(children.get(1).hashKeyRange().startingHashKey().equals(MIDDLE), last);
  }

  void missingConsumer() {
    consumer = consumer.replace("/reader:", "/nobody:");
    refused(ResourceNotFoundException.class);
    kinesis.deleteStream(b -> b.streamName(stream).enforceConsumerDeletion(true)).join();
  }
}
