import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamResponse;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * The AWS SDK for Java v2, whose bodies are CBOR unless it is told otherwise: the synchronous
 * client over HTTP/1.1 and the asynchronous Netty client over HTTP/1.1, h2c and h2 over TLS.
 * Expects KINESIS_ENDPOINT; KINESIS_TLS_ENDPOINT adds the runs over TLS. A second pass switches
 * CBOR off. Closes with `N passed, N failed`.
 */
public final class KinesisInterop {
  private static final String SHARD_0 = "shardId-000000000000";
  private static final String HASH_KEY_MAX = "340282366920938463463374607431768211455";
  private static final StaticCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", "secret"));

  private static final AtomicInteger passed = new AtomicInteger();
  private static final AtomicInteger failed = new AtomicInteger();

  private final String way;
  private final Calls kinesis;
  private final String stream;
  private final String one;
  private List<String> numbers = List.of();

  /** The calls that the cases need, so that both kinds of client run the same cases. */
  private interface Calls {
    void create(String name, int shards);

    DescribeStreamResponse describe(String name);

    List<String> listStreams();

    List<Shard> listShards(String name);

    String put(String name, byte[] data, String key, String hashKey);

    PutRecordsResponse putMany(String name, List<PutRecordsRequestEntry> entries);

    String iterator(Consumer<GetShardIteratorRequest.Builder> request);

    GetRecordsResponse read(String iterator);

    void delete(String name);
  }

  @FunctionalInterface
  private interface Case {
    void run() throws Exception;
  }

  private KinesisInterop(String way, Calls kinesis) {
    this.way = way;
    this.kinesis = kinesis;
    this.stream = "java-" + way;
    this.one = "java-" + way + "-one";
  }

  /** Runs everything. */
  public static void main(String[] args) {
    String endpoint = System.getenv("KINESIS_ENDPOINT");
    String tls = System.getenv("KINESIS_TLS_ENDPOINT");
    sync("sync", endpoint);
    // Side by side: most of the time of enhanced fan-out passes waiting.
    List<CompletableFuture<Void>> ways = new ArrayList<>();
    ways.add(inThread(() -> async("async", endpoint, Protocol.HTTP1_1)));
    if (System.getenv("KINESIS_HTTP1_ONLY") == null) {
      ways.add(inThread(() -> async("async-h2c", endpoint, Protocol.HTTP2)));
    }
    if (tls == null) {
      System.out.println("*** no TLS endpoint given: the run over TLS is SKIPPED ***");
    } else {
      ways.add(inThread(() -> async("async-h2-tls", tls, Protocol.HTTP2)));
    }
    ways.forEach(CompletableFuture::join);
    System.setProperty("aws.cborEnabled", "false");
    sync("sync-json", endpoint);
    System.out.println(passed + " passed, " + failed + " failed");
    System.exit(failed.get() == 0 && passed.get() > 0 ? 0 : 1);
  }

  private static CompletableFuture<Void> inThread(Runnable body) {
    return CompletableFuture.runAsync(body, task -> new Thread(task).start());
  }

  private static void sync(String way, String endpoint) {
    try (KinesisClient client =
        KinesisClient.builder()
            .endpointOverride(URI.create(endpoint))
            .region(Region.US_EAST_1)
            .credentialsProvider(CREDENTIALS)
            .httpClient(UrlConnectionHttpClient.create())
            .overrideConfiguration(c -> c.retryStrategy(r -> r.maxAttempts(1)))
            .build()) {
      new KinesisInterop(way, new SyncCalls(client)).run();
    }
  }

  private static void async(String way, String endpoint, Protocol protocol) {
    AttributeMap trust =
        AttributeMap.builder()
            .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
            .build();
    try (KinesisAsyncClient client =
        KinesisAsyncClient.builder()
            .endpointOverride(URI.create(endpoint))
            .region(Region.US_EAST_1)
            .credentialsProvider(CREDENTIALS)
            .httpClient(NettyNioAsyncHttpClient.builder().protocol(protocol).buildWithDefaults(trust))
            .overrideConfiguration(c -> c.retryStrategy(r -> r.maxAttempts(1)))
            .build()) {
      KinesisInterop interop = new KinesisInterop(way, new AsyncCalls(client));
      interop.run();
      interop.fanOut(new FanOut(way, client));
    }
  }

  private void run() {
    check("create a stream and wait", this::create);
    check("describe it", this::describe);
    check("list streams and shards", this::list);
    check("put by key and by explicit hash key", this::put);
    check("put many and read them back", this::putMany);
    check("iterate from every type", this::iterate);
    check("a large answer", this::large);
    check("errors have their classes and texts", this::errors);
    check("delete", this::delete);
  }

  private void fanOut(FanOut fanOut) {
    check("register a consumer", fanOut::register);
    check("records are pushed as they are put", fanOut::pushes);
    check("a second subscription within five seconds is refused", fanOut::refusesSecond);
    check("heartbeats carry on where the records ended", fanOut::heartbeats);
    check("after five seconds a subscription takes over", fanOut::takesOver);
    check("a shard ends with its children and the stream with it", fanOut::shardEnds);
    check("a closed shard is pushed from its first record to its end", fanOut::readsClosedShard);
    check("a consumer that is not there is not found", fanOut::missingConsumer);
  }

  private void check(String name, Case body) {
    try {
      body.run();
      passed.incrementAndGet();
      System.out.println("ok   " + way + ": " + name);
    } catch (Throwable error) {
      failed.incrementAndGet();
      System.out.println("FAIL " + way + ": " + name);
      error.printStackTrace(System.out);
    }
  }

  private static void that(boolean condition, Object details) {
    if (!condition) {
      throw new IllegalStateException(String.valueOf(details));
    }
  }

  private void create() throws InterruptedException {
    kinesis.create(stream, 3);
    kinesis.create(one, 1);
    for (String name : List.of(stream, one)) {
      for (int tries = 0; tries < 300; tries++) {
        if (kinesis.describe(name).streamDescription().streamStatusAsString().equals("ACTIVE")) {
          break;
        }
        Thread.sleep(100);
      }
    }
  }

  private void describe() {
    DescribeStreamResponse answer = kinesis.describe(stream);
    that(answer.streamDescription().streamStatusAsString().equals("ACTIVE"), answer);
    that(answer.streamDescription().shards().size() == 3, answer);
    String end = answer.streamDescription().shards().get(2).hashKeyRange().endingHashKey();
    that(end.equals(HASH_KEY_MAX), end);
    that(recent(answer.streamDescription().streamCreationTimestamp()), answer);
    that(answer.responseMetadata().requestId().length() == 36, answer.responseMetadata());
  }

  private static boolean recent(Instant time) {
    return Duration.between(time, Instant.now()).abs().toMinutes() < 5;
  }

  private void list() {
    that(kinesis.listStreams().containsAll(List.of(stream, one)), kinesis.listStreams());
    List<Shard> shards = kinesis.listShards(stream);
    that(shards.size() == 3 && shards.get(0).shardId().equals(SHARD_0), shards);
  }

  private void put() {
    byte[] data = {1};
    that(kinesis.put(stream, data, "a", null).equals("shardId-000000000000"), "a");
    that(kinesis.put(stream, data, "b", null).equals("shardId-000000000001"), "b");
    that(kinesis.put(stream, data, "e", null).equals("shardId-000000000002"), "e");
    that(kinesis.put(stream, data, "a", HASH_KEY_MAX).equals("shardId-000000000002"), "hash");
  }

  private void putMany() {
    List<PutRecordsRequestEntry> entries =
        IntStream.range(0, 500)
            .mapToObj(
                n -> {
                  byte[] data = new byte[n * 20];
                  Arrays.fill(data, (byte) n);
                  return PutRecordsRequestEntry.builder()
                      .data(SdkBytes.fromByteArray(data))
                      .partitionKey("schlüssel-" + n)
                      .build();
                })
            .collect(Collectors.toList());
    PutRecordsResponse answer = kinesis.putMany(one, entries);
    that(answer.failedRecordCount() == 0, answer);
    numbers = answer.records().stream().map(r -> r.sequenceNumber()).collect(Collectors.toList());
    List<Record> got = read(ShardIteratorType.TRIM_HORIZON, b -> {}, 500);
    that(got.size() == 500, got.size());
    for (int n = 0; n < 500; n++) {
      Record record = got.get(n);
      that(record.sequenceNumber().equals(numbers.get(n)), "order at " + n);
      that(record.data().equals(entries.get(n).data()), "data at " + n);
      that(record.partitionKey().equals(entries.get(n).partitionKey()), "key at " + n);
      that(recent(record.approximateArrivalTimestamp()), record);
    }
  }

  private List<Record> read(
      ShardIteratorType type, Consumer<GetShardIteratorRequest.Builder> more, int wanted) {
    String iterator =
        kinesis.iterator(
            b -> more.accept(b.streamName(one).shardId(SHARD_0).shardIteratorType(type)));
    return readFrom(iterator, wanted);
  }

  private List<Record> readFrom(String iterator, int wanted) {
    List<Record> records = new ArrayList<>();
    for (int empty = 0; records.size() < wanted && empty < 20; ) {
      GetRecordsResponse page = kinesis.read(iterator);
      empty += page.records().isEmpty() ? 1 : 0;
      records.addAll(page.records());
      iterator = page.nextShardIterator();
    }
    return records;
  }

  private void iterate() {
    String tenth = numbers.get(10);
    starts(tenth, ShardIteratorType.AT_SEQUENCE_NUMBER, b -> b.startingSequenceNumber(tenth));
    starts(
        numbers.get(11),
        ShardIteratorType.AFTER_SEQUENCE_NUMBER,
        b -> b.startingSequenceNumber(tenth));
    Instant past = Instant.ofEpochSecond(1000);
    starts(numbers.get(0), ShardIteratorType.AT_TIMESTAMP, b -> b.timestamp(past));
    String latest =
        kinesis.iterator(
            b -> b.streamName(one).shardId(SHARD_0).shardIteratorType(ShardIteratorType.LATEST));
    that(kinesis.read(latest).records().isEmpty(), "LATEST is empty");
    kinesis.put(one, "tip".getBytes(StandardCharsets.UTF_8), "k", null);
    that(readFrom(latest, 1).get(0).data().asUtf8String().equals("tip"), "LATEST sees new records");
  }

  private void starts(
      String number, ShardIteratorType type, Consumer<GetShardIteratorRequest.Builder> more) {
    that(read(type, more, 1).get(0).sequenceNumber().equals(number), type);
  }

  private void large() {
    String latest =
        kinesis.iterator(
            b -> b.streamName(one).shardId(SHARD_0).shardIteratorType(ShardIteratorType.LATEST));
    byte[] data = new byte[900_000];
    Arrays.fill(data, (byte) 7);
    for (int n = 0; n < 3; n++) {
      kinesis.put(one, data, "k", null);
    }
    List<Record> got = readFrom(latest, 3);
    that(got.size() == 3, got.size());
    for (Record record : got) {
      that(Arrays.equals(record.data().asByteArrayUnsafe(), data), "data");
    }
  }

  private void errors() {
    refused(
        ResourceNotFoundException.class,
        "Stream nope under account \\d{12} not found\\.",
        () -> kinesis.describe("nope"));
    refused(
        ResourceInUseException.class,
        "Stream \\S+ under account \\d{12} already exists\\.",
        () -> kinesis.create(stream, 1));
    String forged = "AAAAAAAAAAF" + "A".repeat(205);
    refused(
        InvalidArgumentException.class, "Invalid ShardIterator\\.", () -> kinesis.read(forged));
    KinesisException error =
        refused(
            KinesisException.class,
            "1 validation error detected: Value 'no/slash' at 'streamName' failed .*",
            () -> kinesis.put("no/slash", new byte[1], "a", null));
    that(error.awsErrorDetails().errorCode().equals("ValidationException"), error);
  }

  private static <T extends KinesisException> T refused(Class<T> type, String text, Case call) {
    try {
      call.run();
    } catch (Exception thrown) {
      Throwable error = thrown instanceof CompletionException ? thrown.getCause() : thrown;
      that(type.isInstance(error), error);
      T refusal = type.cast(error);
      that(refusal.awsErrorDetails().errorMessage().matches(text), refusal.getMessage());
      that(refusal.statusCode() == 400, refusal.statusCode());
      return refusal;
    }
    throw new IllegalStateException("not refused");
  }

  private void delete() throws InterruptedException {
    for (String name : List.of(stream, one)) {
      kinesis.delete(name);
      for (int tries = 0; kinesis.listStreams().contains(name); tries++) {
        that(tries < 300, name + " is still there");
        Thread.sleep(100);
      }
    }
  }

  /** The calls on the synchronous client. */
  private record SyncCalls(KinesisClient client) implements Calls {
    public void create(String name, int shards) {
      client.createStream(b -> b.streamName(name).shardCount(shards));
    }

    public DescribeStreamResponse describe(String name) {
      return client.describeStream(b -> b.streamName(name));
    }

    public List<String> listStreams() {
      return client.listStreams().streamNames();
    }

    public List<Shard> listShards(String name) {
      return client.listShards(b -> b.streamName(name)).shards();
    }

    public String put(String name, byte[] data, String key, String hashKey) {
      SdkBytes bytes = SdkBytes.fromByteArray(data);
      return client
          .putRecord(
              b -> b.streamName(name).data(bytes).partitionKey(key).explicitHashKey(hashKey))
          .shardId();
    }

    public PutRecordsResponse putMany(String name, List<PutRecordsRequestEntry> entries) {
      return client.putRecords(b -> b.streamName(name).records(entries));
    }

    public String iterator(Consumer<GetShardIteratorRequest.Builder> request) {
      return client.getShardIterator(request).shardIterator();
    }

    public GetRecordsResponse read(String iterator) {
      return client.getRecords(b -> b.shardIterator(iterator));
    }

    public void delete(String name) {
      client.deleteStream(b -> b.streamName(name));
    }
  }

  /** The same calls on the asynchronous client, each awaited. */
  private record AsyncCalls(KinesisAsyncClient client) implements Calls {
    public void create(String name, int shards) {
      client.createStream(b -> b.streamName(name).shardCount(shards)).join();
    }

    public DescribeStreamResponse describe(String name) {
      return client.describeStream(b -> b.streamName(name)).join();
    }

    public List<String> listStreams() {
      return client.listStreams().join().streamNames();
    }

    public List<Shard> listShards(String name) {
      return client.listShards(b -> b.streamName(name)).join().shards();
    }

    public String put(String name, byte[] data, String key, String hashKey) {
      SdkBytes bytes = SdkBytes.fromByteArray(data);
      return client
          .putRecord(
              b -> b.streamName(name).data(bytes).partitionKey(key).explicitHashKey(hashKey))
          .join()
          .shardId();
    }

    public PutRecordsResponse putMany(String name, List<PutRecordsRequestEntry> entries) {
      return client.putRecords(b -> b.streamName(name).records(entries)).join();
    }

    public String iterator(Consumer<GetShardIteratorRequest.Builder> request) {
      return client.getShardIterator(request).join().shardIterator();
    }

    public GetRecordsResponse read(String iterator) {
      return client.getRecords(b -> b.shardIterator(iterator)).join();
    }

    public void delete(String name) {
      client.deleteStream(b -> b.streamName(name)).join();
    }
  }
}
